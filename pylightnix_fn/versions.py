"""What code ran on: the versions of Python, the platform and the packages that it uses."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from functools import cache


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """The versions of these packages' distributions, and of what is below them, by name."""
    known = (_distributions().get(package, ()) for package in packages)
    return _base() | {name: _version(name) for names in known for name in names}


@cache
def _base() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "platform": sys.platform,
        "machine": platform.machine(),
        "host": platform.node(),
    }


@cache
def _distributions() -> dict[str, tuple[str, ...]]:
    from importlib import metadata  # costs as much as half of this package

    found = metadata.packages_distributions()
    return {package: tuple(sorted(set(names))) for package, names in found.items()}


@cache
def _version(distribution: str) -> str:
    from importlib import metadata

    return metadata.version(distribution)
