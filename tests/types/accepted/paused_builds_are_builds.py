"""A paused build keeps the outputs of its derivation, and the class of the config it is told."""

from typing import assert_type

from pipeline import Model, Train, fit, model

from pylightnix_fn import DRef, MemoryStore, RRef, instantiate, realize
from pylightnix_fn.pausing import Paused, paused

store, closure = MemoryStore(), instantiate(model)
dref = DRef(closure.targets[0].text, Model())

with paused(closure, store, dref, Train) as b:
    assert_type(b, Paused[Train, Model])
    assert_type(b.config, Train)
    assert_type(b.out, Model)
    fit(b)

assert_type(b.rref, RRef[Model])
assert realize(closure, store).rref == b.rref

other = paused(closure, store, dref)
assert_type(other, Paused[object, Model])
assert_type(other.config, object)
fit(paused(closure, MemoryStore(), dref, Train))
other.out.weights.touch()
other.out.accuracy.write(0.5)
other.out.remark.write("by hand")
assert_type(other.commit(), RRef[Model])

with paused(closure, store, dref) as last:
    last.cancel()
