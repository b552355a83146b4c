"""HTML as a tree of elements: serialising it escapes every text and closes every element."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, tostring

Part = Element | str


def element(tag: str, *parts: Part, **attributes: str) -> Element:
    """An element with these texts and elements in it; `class_` stands for `class`."""
    made = Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    last: Element | None = None
    for part in parts:
        if isinstance(part, Element):
            made.append(part)
            last = part
        elif last is None:
            made.text = (made.text or "") + part
        else:
            last.tail = (last.tail or "") + part
    return made


def link(text: str, anchor: str, **attributes: str) -> Element:
    """A link to a place on the same page."""
    return element("a", text, href=f"#{anchor}", **attributes)


def document(root: Element) -> str:
    """The whole page as a text."""
    return "<!doctype html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def prose(description: str | None) -> list[Element]:
    """A description as paragraphs; what stands between backticks is code."""
    paragraphs = re.split(r"\n\s*\n", description.strip()) if description else []
    return [element("p", *_inline(text)) for text in paragraphs]


def _inline(text: str) -> Iterator[Part]:
    for position, piece in enumerate(text.split("`")):
        if piece:
            yield element("code", piece) if position % 2 else piece
