"""What leaves us, held to what may leave: cards, lines of the log, and what a terminal is sent."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

from slack_blocks import BLOCKS

HIDING = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that nobody sees, or that move others about."""


def pieces(value: Any) -> Iterator[tuple[str, str]]:
    """Every text of a card with the kind of text that it is."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value.get("type", ""), value["text"]
        for one in value.values():
            yield from pieces(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from pieces(one)


def is_harmless_card(blocks: Any, *, link: str = "") -> None:
    """No markup, mention or link but ours, nothing hidden, and Slack takes it."""
    BLOCKS.validate(json.loads(json.dumps(blocks)))
    for kind, text in pieces(blocks):
        bare = text.replace(link, "") if link else text
        for entity in ("&amp;", "&lt;", "&gt;"):
            bare = bare.replace(entity, "")
        assert not set(bare) & set("&<>"), text
        assert not hidden(bare), text
        if kind == "mrkdwn":
            assert text.startswith(("```", "run r-")), "only a change and the last line are markup"
            assert text.count("```") in (0, 2)


def is_harmless_log(printed: str) -> list[dict[str, Any]]:
    """The lines of a log: each one object of JSON, in characters that every terminal shows as they are."""
    assert printed.isascii()
    assert all(char.isprintable() or char == "\n" for char in printed)
    assert printed.endswith("\n")
    return [json.loads(line) for line in printed.splitlines()]


def is_harmless_terminal(printed: str) -> None:
    """What is printed for people: nothing that moves the cursor, turns the line around or cannot be seen."""
    assert not hidden(printed), printed


def hidden(text: str) -> set[str]:
    return {char for char in text if char != "\n" and unicodedata.category(char) in HIDING}
