"""A realizer is a function, a partial, a method or a callable value of the right type."""

from functools import partial
from typing import assert_type

from attrs import frozen
from pipeline import Draw, Sample

from pylightnix_fn import Build, DRef, Manager, MemoryStore, Realizer, derive, instantiate, realize


def repeated(b: Build[Draw, Sample], word: str) -> None:
    b.out.numbers.write_text(word * b.config.count, encoding="utf-8")


@frozen
class Repeating:
    word: str

    def __call__(self, b: Build[Draw, Sample]) -> None:
        repeated(b, self.word)

    def loudly(self, b: Build[Draw, Sample]) -> None:
        repeated(b, self.word.upper())


realizers: list[Realizer[Draw, Sample]] = [
    partial(repeated, word="a"),
    Repeating("a"),
    Repeating("a").loudly,
    lambda b: repeated(b, "a"),
]


def stage(m: Manager, i: int) -> tuple[Manager, DRef[Sample]]:
    return derive(m, Draw(3), Sample(), realizers[i], code=None)


texts: list[str] = []
for i in range(len(realizers)):
    store = MemoryStore()
    result = realize(instantiate(stage, i), store)
    assert_type(result.out, Sample)
    texts.append(result.out.numbers.read_text(encoding="utf-8"))

assert texts == ["aaa", "aaa", "AAA", "aaa"]
m, made = derive(Manager(), Draw(), Sample(), Repeating("a"))
assert_type(made, DRef[Sample])
m, made = derive(m, Draw(), Sample(), partial(repeated, word="b"))
assert_type(made, DRef[Sample])
