"""Matchers that sample: how often to build before choosing, and what to choose.

A sample that holds no number, or NaN, counts as built and never wins. An infinite number is the
largest or smallest there can be, but has no part in a mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, sqrt
from statistics import stdev

from attrs import frozen

from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.matcher.candidate import (
    Candidate,
    Choose,
    ManyMatcher,
    Matcher,
    Need,
    Verdict,
)
from pylightnix_fn.matcher.choice import (
    best,
    counted,
    need_of,
    newest_first,
    too_few_numbers,
    use_of,
)
from pylightnix_fn.matcher.student import confidence, quantile


@frozen
class _Sampled:
    n: int
    choose: Choose

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        if len(candidates) < self.n:
            return need_of(self.n, len(candidates))
        return self.choose(candidates)


def best_of(n: int, file: str) -> Matcher:
    """Take ``n`` samples, then use the one with the largest number in a file.

    >>> from pylightnix_fn.matcher.candidate import candidate
    >>> best_of(3, "accuracy.txt").choose((candidate("a", accuracy_txt="0.5"),))
    Need(n=2, why='3 wanted, 1 there')
    """
    choose = _Sampled(counted("best_of", n), best(file).choose)
    return Matcher(frozenset({file}), choose, f"best_of({n}, {file!r})")


@frozen
class _UntilConfident:
    file: str
    half_width: float
    level: float
    at_most: int
    at_least: int

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        numbered = [(each.number(self.file), each) for each in candidates]
        finite = [(x, each) for x, each in numbered if x is not None and isfinite(x)]
        room = self.at_most - len(candidates)
        if room > 0 and (more := self.more([x for x, _ in finite])):
            return Need(min(more.n, room), more.why)
        if not finite:
            return too_few_numbers(self.file, 1, 0, len(candidates))
        return use_of(sorted((each for _, each in finite), key=lambda each: each.rref.text))

    def more(self, values: Sequence[float]) -> Need | None:
        n = len(values)
        if n < self.at_least:
            return Need(self.at_least - n, f"{self.at_least} numbers wanted, {n} there")
        deviation = _deviation(values)
        width = quantile(self.level, n - 1) * deviation / sqrt(n) if deviation else 0.0
        if width <= self.half_width:
            return None
        # A deviation known from few samples is rough: ask for as many again, at the most.
        enough = next((k for k in range(n + 1, 2 * n) if self.is_enough(k, deviation)), 2 * n)
        why = f"mean known to +-{width:.3g} at level {self.level:g}, +-{self.half_width:g} wanted"
        return Need(enough - n, why)

    def is_enough(self, n: int, deviation: float) -> bool:
        return confidence(self.half_width * sqrt(n) / deviation, n - 1) >= self.level


def _deviation(values: Sequence[float]) -> float:
    try:
        return stdev(values)  # exact, so that the order of the samples cannot matter
    except OverflowError:
        return inf


def until_confident(
    file: str, half_width: float, level: float = 0.95, *, at_most: int = 30, at_least: int = 3
) -> ManyMatcher:
    """Sample until the mean of the numbers in a file is known well enough; then use all.

    The confidence interval of the mean of ``n`` numbers with standard deviation ``s`` is
    ``mean +- t * s / sqrt(n)``, where ``t`` is the quantile of Student's distribution with
    ``n - 1`` degrees of freedom at ``1 - (1 - level) / 2`` (Student, "The probable error of a
    mean", Biometrika 6, 1908). Sampling ends when ``t * s / sqrt(n) <= half_width``, or with
    ``at_most`` samples however wide it is. Because it ends as soon as the interval looks narrow,
    the interval holds the mean a little less often than ``level``; a larger ``at_least`` helps.
    Equal results are one realization, so they count once: write what differs (weights, a seed) too.
    """
    if not half_width > 0:
        raise BadParameter("until_confident", "half_width", repr(half_width), "more than 0")
    if not 0 < level < 1:
        raise BadParameter("until_confident", "level", repr(level), "between 0 and 1")
    counted("until_confident", at_least, "at_least", 2)
    counted("until_confident", at_most, "at_most", at_least)
    label = f"until_confident({file!r}, {half_width!r}, {level!r}, {at_most=}, {at_least=})"
    choose = _UntilConfident(file, half_width, level, at_most, at_least)
    return ManyMatcher(frozenset({file}), choose, label)


@frozen
class _StopWhenNoGain:
    file: str
    patience: int

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        idle, highest = 0, -inf
        for each in reversed(newest_first(candidates)):
            value = each.number(self.file)
            if value is not None and value > highest:
                idle, highest = 0, value
            else:
                idle += 1
            if idle == self.patience:
                return best(self.file).choose(candidates)
        why = f"{self.patience} samples in a row without a gain wanted, {idle} there"
        return Need(self.patience - idle, why)


def stop_when_no_gain(file: str, patience: int) -> Matcher:
    """Sample until ``patience`` samples in a row bring no gain; then use the best of all.

    A gain is a larger number in the file than in all samples started before. Once it has stopped,
    later samples may win, but do not make it go on.
    """
    choose = _StopWhenNoGain(file, counted("stop_when_no_gain", patience, "patience"))
    return Matcher(frozenset({file}), choose, f"stop_when_no_gain({file!r}, {patience})")
