"""Elements of HTML and SVG as text, with everything in them escaped.

Law: a `Markup` is well-formed; a text becomes a part of one only through `element`.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import NewType, TypeAlias

Markup = NewType("Markup", str)
Content: TypeAlias = Markup | tuple[Markup, ...]


def escaped(text: str) -> Markup:
    """A text as it stands in a document, where it can be no markup.

    >>> escaped("<b> & \\x00")
    '&lt;b&gt; &amp; \\\\x00'
    """
    printable = "".join(
        each if each.isprintable() or each in "\n\t" else repr(each)[1:-1] for each in text
    )
    return Markup(escape(printable))


def element(tag: str, *content: Markup, **attributes: str | float) -> Markup:
    """An element with attributes, whose names have ``_`` for ``-`` and for what Python reserves.

    >>> element("text", escaped("a<b"), x=1.0, text_anchor="end", class_="x")
    '<text x="1" text-anchor="end" class="x">a&lt;b</text>'
    """
    return Markup(f"<{tag}{_named(attributes)}>{''.join(content)}</{tag}>")


def void(tag: str, **attributes: str | float) -> Markup:
    """An element that never has a content.

    >>> void("meta", charset="utf-8")
    '<meta charset="utf-8"/>'
    """
    return Markup(f"<{tag}{_named(attributes)}/>")


def _named(attributes: Mapping[str, str | float]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
    )


def _value(value: str | float) -> str:
    return escaped(value) if isinstance(value, str) else f"{value:.7g}"
