"""One plain line from whatever was printed: boxes, margins, escapes, entities, curly quotes and line breaks undone."""

from __future__ import annotations

import html
import unicodedata

SHORT = 400
"""A message below this length with nothing to undo, as most audit entries have, is taken as it is."""
HEAD, TAIL = 49_152, 16_384
"""A longer text keeps its first 48 KiB and its last 16 KiB characters: the error stands at one end or the other."""

_MARGIN = "│╷╵|>#*- \t\u00a0"
"""What terminals, mail, comments and boxes put in front of each line."""
_PLAIN = str.maketrans(
    {
        "│": " ",
        "╷": " ",
        "╵": " ",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "`": "'",
        "\u00a0": " ",
        "\u2192": " ",
    }
)
_ESCAPES = (("\\n", "\n"), ("\\r", " "), ("\\t", " "), ('\\"', '"'), ("\\'", "'"), ("\\u003d", "="), ("\\u003c", "<"),
            ("\\u003e", ">"), ("\\u0026", "&"), ("\\u0027", "'"), ("\\/", "/"))  # fmt: skip


def fold(text: str) -> str:
    """The text as one line of single blanks, cut to 64 KiB, with up to three layers of string escapes undone.

    Characters that would change how the line is shown (controls, bidi marks, zero-width) become U+FFFD or a blank.
    """
    quiet = "\\" not in text and "&" not in text and "`" not in text and "  " not in text and len(text) < SHORT
    return text.strip() if quiet and text.isascii() and text.isprintable() else _unfolded(text)


def _unfolded(text: str) -> str:
    if len(text) > HEAD + TAIL:
        text = f"{text[:HEAD]} {text[-TAIL:]}"
    for _ in range(3):
        if "\\" not in text:
            break
        text = text.replace("\\\\", "\\")
        for escaped, plain in _ESCAPES:
            text = text.replace(escaped, plain)
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if "\n" in text:
        text = _joined(text.split("\n"))
    if not text.isascii() or "`" in text:
        text = text.translate(_PLAIN)
    return visible(" ".join(text.split()))


def _joined(lines: list[str]) -> str:
    """The lines without their margins; a word that was broken at its hyphen is whole again."""
    parts: list[str] = []
    for line in lines:
        bare = line.removeprefix("E   ").lstrip(_MARGIN).rstrip()
        broken = parts and parts[-1].endswith("-") and parts[-1][-2:-1].isalnum() and bare[:1].isalnum()
        if broken:
            parts[-1] += bare
        elif bare:
            parts.append(bare)
    return " ".join(parts)


def visible(text: str) -> str:
    """The text with every control, format and surrogate character replaced by U+FFFD, so that it shows as it is."""
    if text.isprintable():
        return text
    return "".join(char if _is_shown(char) else "\ufffd" for char in text)


def _is_shown(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) in ("Zs", "Co", "Cn")
