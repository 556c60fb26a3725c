"""Plans without effects: ``planning derive|instantiate|floor <folder> layers <stages>``."""

from __future__ import annotations

import json
import sys
from hashlib import sha256

from benchmarks.programs.figures import telling
from benchmarks.programs.shapes import shape


def derived(inputs: list[list[int]]) -> None:
    """Every stage, in one manager."""
    from benchmarks.programs.pipeline import stages
    from pylightnix_fn import Manager

    with telling("work"):
        stages(Manager(), inputs)


def planned(inputs: list[list[int]]) -> None:
    """The closure of every stage, and the plan that goes through all of it."""
    from benchmarks.programs.pipeline import stages
    from pylightnix_fn import instantiate, plan_of
    from pylightnix_fn.refs import rref

    with telling("work"):
        plan = plan_of(instantiate(stages, inputs))
        open_ones = list(plan.ready())
        for dref in open_ones:  # which grows meanwhile
            plan = plan.advance(dref, (rref(32 * "0", dref),))
            open_ones.extend(plan.freed_by(dref))
        if not plan.done():
            raise AssertionError("the plan did not come to its end")


def hashed(inputs: list[list[int]]) -> None:
    """One canonical JSON text and one hash for each stage, in a dict."""
    with telling("work"):
        made: dict[str, str] = {}
        digests: list[str] = []
        for number, needs in enumerate(inputs):
            config = {"number": number, "inputs": [digests[each] for each in needs]}
            text = json.dumps(config, sort_keys=True, separators=(",", ":"))
            digests.append(sha256(text.encode()).hexdigest()[:32])
            made[digests[-1]] = text


def main(task: str, _: str, name: str, count: str) -> None:
    work = {"derive": derived, "instantiate": planned, "floor": hashed}[task]
    work(shape(name, int(count)))


if __name__ == "__main__":
    main(*sys.argv[1:])
