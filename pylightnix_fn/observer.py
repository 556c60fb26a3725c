"""Who is told what happens while something is realized."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pylightnix_fn.events import Event

Observer: TypeAlias = "Callable[[Event], None]"
"""Called with each event; those are loaded for who wants to know."""


def unobserved(event: Event) -> None:
    """The observer that looks away."""
