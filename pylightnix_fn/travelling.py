"""Exceptions on their way from one process to another, where a pickle may lose them."""

from __future__ import annotations

import pickle
import traceback


def that_travels(error: Exception) -> Exception:
    """This exception, its traceback in a note; its text alone, where it does not survive a pickle.

    >>> that_travels(ValueError("bad")).args
    ('bad',)
    """
    error.add_note("".join(traceback.format_exception(error)))
    if _survives(error):
        return error
    error.__cause__ = error.__context__ = None  # the note tells of them; some pickle them, too
    return error if _survives(error) else _as_text(error)


def _survives(error: Exception) -> bool:
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)
    except Exception:
        return False


def _as_text(error: Exception) -> Exception:
    text = RuntimeError(f"{type(error).__name__}: {error}")
    for note in error.__notes__:
        text.add_note(note)
    return text
