"""The code of a realizer: the part of a derivation's key that stands for what a function does.

A digest per function over its normalized syntax tree and over all that it refers to: the user's
own functions and classes by the label of their digest, constants by value, the rest by name.

* *Own* are the realizer's top-level package and all that is neither installed nor standard: the
  script, the notebook, modules beside it, projects installed as editable. See `origin`.
* Other people's objects are looked through for own functions (decorators, ``partial``,
  combinators), their constants do not count. The library's combinators leave no trace.
* A global that has no value to be told (a logger, a layer) counts by its class and by the
  statement that makes it; in a notebook, where other cells cannot be searched, by its class.
* A module imported in a function's body counts as a whole, by its text, whether it is loaded or
  not: else the key would depend on what ran before. So does a module that is passed as a value.
* A text counts only where it compiles to the very bytecode that is loaded (see `trees`). Without
  one (``exec``, standard input, a file that changed) bytecode stands for it, and the digest names
  the version of Python: never wrong, built anew after an upgrade.
* Out of sight are names made up when the function runs (``getattr``, ``importlib``), and the
  state of other people's objects. A global that a run changes, such as a cache in a dict, changes
  the code: give such a realizer a `Version`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from weakref import WeakKeyDictionary

from attrs import field, frozen

from pylightnix_fn.canonical import spelled

from .graph import reached
from .watch import Watch, unchanged, watch_of


@frozen
class Code:
    """What a function does, as digests, and the installed packages that it refers to.

    ``digests`` go from ``module:qualname``, in order, to 32 hex digits, with a tag in front where
    they are of bytecode; they belong in the key. ``packages`` are names of top-level modules, and
    do not. ``text`` is the canonical JSON of the digests, which many keys hold.
    """

    digests: Mapping[str, str] = field(hash=False)
    packages: tuple[str, ...] = ()
    text: str = field(init=False, eq=False, repr=False)

    @text.default
    def _(self) -> str:
        return spelled(self.digests)


@frozen
class Version:
    """A word of the user's in the place of digests: ``derive(..., code=Version("3"))``."""

    word: str


_KNOWN: WeakKeyDictionary[FunctionType, tuple[Watch, Code]] = WeakKeyDictionary()


def code_of(function: object) -> Code:
    """The code of a function, or of anything that can be called, with all of the user's it reaches.

    Remembered for a function as long as nothing that it reaches is changed.

    >>> def half(x): return x / 2
    >>> def fit(b): return half(b)
    >>> list(code_of(fit).digests)
    ['__main__:fit', '__main__:half']
    """
    if type(function) is not FunctionType:  # nor a proxy, which may be equal to one
        return _described(function)[1]
    known = _KNOWN.get(function)
    if known is not None and unchanged(known[0]):
        return known[1]
    watch, code = _described(function)
    if watch is not None:
        _KNOWN[function] = watch, code
    return code


def _described(function: object) -> tuple[Watch | None, Code]:
    found = reached(function)
    code = Code(found.digests, tuple(sorted(found.packages)))
    return watch_of(found.reads, found.owner), code
