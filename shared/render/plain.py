"""Text that anybody may have written -> text that Slack shows as it is: no markup, link or mention, nothing hidden."""

from __future__ import annotations

import unicodedata

CUT = "…"
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
LOOKS_EMPTY = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Printable characters that show nothing."""
MOST_MARKS = 2
"""So many marks may stand on one letter; more would cover the lines around it."""


def escaped(text: str, most: int) -> str:
    """The text on one line, with nothing hidden, cut to what fits into `most` characters, and then escaped.

    Everything that Slack is sent goes through here: it reads & < > as markup in every kind of text.
    """
    return _cut(shown(text), most)


def name(text: str, most: int) -> str:
    """The same for the name of somebody or something: what is not ASCII is spelled out, for it may look like it."""
    return _cut("".join(char if char.isascii() else _spelled(char) for char in shown(text)), most)


def code(text: str, most: int) -> str:
    """The same for a line in a block of code, which no text can end."""
    return _cut("".join(char if char.isascii() and char != "`" else _spelled(char) for char in shown(text)), most)


def shown(text: str) -> str:
    """The text on one line, every character that would show nothing, or turn others around, spelled out."""
    line = " ".join(text.split())
    if line.isascii() and line.isprintable():
        return line
    parts, marks = [], 0
    for char in line:
        is_mark = unicodedata.category(char) in ("Mn", "Me")
        marks = marks + 1 if is_mark else 0
        parts.append(_spelled(char) if _is_hidden(char) or marks > MOST_MARKS else char)
    return "".join(parts)


def _is_hidden(char: str) -> bool:
    is_selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return not char.isprintable() or char in LOOKS_EMPTY or is_selector


def _spelled(char: str) -> str:
    return f"[U+{ord(char):04X}]"


def _cut(text: str, most: int) -> str:
    """The beginning that fits once it is escaped; no entity is ever cut in two."""
    parts: list[str] = []
    used = 0
    sizes = [_size(char) for char in text]
    room = most if sum(sizes) <= most else most - len(CUT)
    for char, size in zip(text, sizes, strict=True):
        if used + size > room:
            return "".join(parts) + CUT
        parts.append(ENTITIES.get(char, char))
        used += size
    return "".join(parts)


def _size(char: str) -> int:
    """What a character takes of a limit of Slack: whether it counts as Java does, it does not say."""
    return len(ENTITIES[char]) if char in ENTITIES else 1 + (char > "\uffff")
