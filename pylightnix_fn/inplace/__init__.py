"""The library for notebooks and shells: a registry and a store are kept behind the functions.

Everything here is a thin skin over the functional form: `instantiate_inplace` threads the manager
that is kept, `realize_inplace` realizes into the store that was chosen. Both can be chosen anew for
a block, `with using(store)`, which holds for just one thread or task of asyncio.
"""

from pylightnix_fn.inplace.debugging import repl_build, repl_cancel, repl_continue, repl_realize
from pylightnix_fn.inplace.looking import (
    catref,
    gc,
    gc_exceptions,
    linkdref,
    linkrref,
    linkrrefs,
    lsref,
    rmref,
    rootdrefs,
    rootrrefs,
    shell,
)
from pylightnix_fn.inplace.realizing import evaluate, instantiate_inplace, realize_inplace
from pylightnix_fn.inplace.session import Registry as Registry
from pylightnix_fn.inplace.session import _session as _session
from pylightnix_fn.inplace.session import (
    current_manager,
    current_registry,
    current_storage,
    current_store,
    fsinit,
    store_initialize,
    using,
)

__all__ = [
    "Registry",
    "catref",
    "current_manager",
    "current_registry",
    "current_storage",
    "current_store",
    "evaluate",
    "fsinit",
    "gc",
    "gc_exceptions",
    "instantiate_inplace",
    "linkdref",
    "linkrref",
    "linkrrefs",
    "lsref",
    "realize_inplace",
    "repl_build",
    "repl_cancel",
    "repl_continue",
    "repl_realize",
    "rmref",
    "rootdrefs",
    "rootrrefs",
    "shell",
    "store_initialize",
    "using",
]
