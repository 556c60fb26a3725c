"""Student's t distribution: how far a mean of few samples may lie from the truth.

Exact finite sums for whole degrees of freedom, all of whose terms are positive, so nothing cancels:
M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
"""

from __future__ import annotations

from math import atan, cos, pi, sin, sqrt, tan

from pylightnix_fn.errors.plan import BadParameter


def confidence(t: float, df: int) -> float:
    """The probability that ``|T| <= t``, for ``T`` with ``df`` degrees of freedom.

    With ``theta = atan(t / sqrt(df))`` and ``c = cos(theta)``, for even ``df``:
    ``sin(theta) * (1 + 1/2 c^2 + (1*3)/(2*4) c^4 + ... + c^(df-2) term)``, for odd ``df``:
    ``2/pi * (theta + sin(theta) * (c + 2/3 c^3 + ... + c^(df-2) term))``.

    >>> round(confidence(1.0, 1), 12), round(confidence(12.7062, 1), 6)
    (0.5, 0.95)
    """
    return _within(atan(t / sqrt(df)), df)


def quantile(level: float, df: int) -> float:
    """The ``t`` with ``confidence(t, df) == level``: the factor of a two-sided interval.

    Relative error below 1e-9 for levels from 1e-6 to 1 - 1e-6; the time grows with ``df``.

    >>> round(quantile(0.95, 9), 4)
    2.2622
    """
    if not 0 < level < 1:
        raise BadParameter("quantile", "level", repr(level), "between 0 and 1")
    if df < 1:
        raise BadParameter("quantile", "df", repr(df), "1 or more")
    low, high = 0.0, pi / 2
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _within(middle, df) < level else (low, middle)
    return sqrt(df) * tan(high)


def _within(theta: float, df: int) -> float:
    square = cos(theta) ** 2
    odd = df % 2
    term = cos(theta) if odd else 1.0
    total = 0.0
    for power in range(2 + odd, df + 1, 2):
        total += term
        term *= square * (power - 1) / power
    within = sin(theta) * total
    return 2 / pi * (theta + within) if odd else within
