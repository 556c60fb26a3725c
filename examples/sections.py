"""The Python sections of a Markdown document, and their results below them.

Markdown is read by markdown-it-py: it knows which lines a section has in all the ways that
CommonMark allows, and comes with `rich`, which this library needs anyway. Only sections of the
document itself count, not those inside of a list or a quotation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen
from markdown_it import MarkdownIt

RESULT: Final = "result"


@frozen
class Section:
    """The code of a section, and its lines: from its first to behind its last and its result's."""

    code: str
    first: int
    end: int
    end_of_result: int


def sections_of(document: str) -> tuple[Section, ...]:
    """The sections of a document, in order; a fence that is never closed makes none.

    >>> sections_of("Two:\\n```python\\nprint(2)\\n```\\n\\n```result\\n2\\n```\\n")
    (Section(code='print(2)\\n', first=2, end=4, end_of_result=8),)
    """
    found: list[Section] = []
    lines = document.split("\n")
    for token in MarkdownIt().parse(document):
        if token.type != "fence" or token.level > 0 or token.map is None:
            continue
        first, end = token.map
        if not lines[end - 1].strip().startswith(token.markup) or end - first < 2:
            continue
        kind = (token.info.split() or [""])[0]
        if kind == RESULT and found and not "".join(lines[found[-1].end : first]).strip():
            found[-1] = evolve(found[-1], end_of_result=end)
        elif kind == "python":
            found.append(Section(token.content, first + 1, end, end))
    return tuple(found)


def with_results(document: str, results: Sequence[str]) -> str:
    """A document with these results below its sections; an empty one takes away what was there.

    >>> print(with_results("```python\\nprint(2)\\n```\\nEnd.", ["2\\n"]))
    ```python
    print(2)
    ```
    <BLANKLINE>
    ```result
    2
    ```
    End.

    Law: ``with_results(with_results(d, r), r) == with_results(d, r)``.
    """
    lines = document.split("\n")
    for section, result in reversed(list(zip(sections_of(document), results, strict=True))):
        lines[section.end : section.end_of_result] = _pasted(result)
    return "\n".join(lines)


def _pasted(result: str) -> list[str]:
    if not result.strip():
        return []
    longest = max(map(len, re.findall("`+", result)), default=0)
    fence = "`" * max(3, longest + 1)
    return ["", f"{fence}{RESULT}", *result.rstrip("\n").split("\n"), fence]
