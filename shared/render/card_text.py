"""A message of Slack -> plain text, for documents and for those who read it elsewhere."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from shared.model.shown import Message

WIDTH = 100


def card_text(message: Message) -> str:
    """What a message says and what can be clicked in it, block by block."""
    return "\n\n".join("\n".join(_block(block)) for block in message.blocks)


def _block(block: dict[str, Any]) -> Iterator[str]:
    kind = block["type"]
    if kind == "header":
        yield f"== {_plain(block['text'])} =="
    elif kind == "section":
        if "text" in block:
            yield from _lines(_plain(block["text"]).split("\n"))
        yield from _lines(_plain(one).replace("\n", ": ", 1) for one in block.get("fields", ()))
    elif kind == "context":
        yield from _lines(f"({_plain(one)})" for one in block["elements"])
    elif kind == "input":
        yield f"{_plain(block['label'])}: [{'_' * 30}]"
    elif kind == "actions":
        yield "  ".join(f"[ {_plain(one['text'])} ]" for one in block["elements"])


def _plain(text: dict[str, Any]) -> str:
    return html.unescape(str(text["text"]).strip("`\n"))


def _lines(lines: Iterable[str]) -> Iterator[str]:
    """The lines, long ones broken and what belongs to them set in."""
    for line in lines:
        yield from wrap(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
