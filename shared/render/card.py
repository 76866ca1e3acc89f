"""Shown -> the card of a run in Slack: one message, edited in place through the whole life of the run.

Whatever an entry, a person or Google wrote goes through `plain`; a link only ever comes from a setting. When all of it
does not fit into a message, detail is left out first; the change that is asked for and the buttons stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from shared.model.shown import Message, Shown, Stage
from shared.render.card_form import buttons, reason_input
from shared.render.card_parts import (
    ASKS,
    Part,
    change,
    evidence,
    head,
    looks,
    note,
    others,
    result,
    terms,
    votes,
    what_happened,
    why,
)
from shared.render.plain import escaped, name

if TYPE_CHECKING:
    from slack_sdk.models.blocks import Block

MOST_BLOCKS, MOST_TEXT = 50, 13_000
"""Slack takes 50 blocks; what it takes of text in all of them together it does not say, so this stays well below."""
SUMMARISED = 100


class Style(Struct, frozen=True, kw_only=True):
    """How cards are made in one organisation.

    `in_form` is whether the reason is typed into a form that a click opens, or into the card itself, which takes no
    token. `page` is where runs can be read, from the settings; {run} in it is the run's id.
    """

    in_form: bool = False
    page: str = ""


def card(shown: Shown, style: Style) -> Message:
    """The card of a run as it is now."""
    parts = [*_told(shown), *_asked(shown, style)]
    return Message(text=summary(shown), blocks=tuple(fitted(parts, note(shown, style.page))))


def summary(shown: Shown) -> str:
    """The card in one line, for notifications and for the digest."""
    report = shown.report
    said = escaped(f"{head(shown.stage)}: {report.title or 'a call was refused'}", SUMMARISED)
    who = name(report.principal or "somebody", SUMMARISED)
    return f"{said}, {who} on {name(report.resource or 'a resource', SUMMARISED)}"


def _told(shown: Shown) -> Iterator[Part]:
    """What happened, and what came of it."""
    yield from what_happened(shown)
    yield from result(shown)
    yield from why(shown)
    yield from change(shown)
    yield from terms(shown)
    yield from votes(shown)
    yield from evidence(shown.report)
    yield from looks(shown.report)
    yield from others(shown.report)


def _asked(shown: Shown, style: Style) -> Iterator[Part]:
    """What somebody may say to it, as long as that counts: of a fix that waits, that it is not to begin."""
    if shown.approval is None or shown.stage not in ASKS or (shown.fix and shown.stage is not Stage.SCHEDULED):
        return
    if not style.in_form:
        yield 0, reason_input(shown.approval)
    yield 0, buttons(shown.approval, shown.stage)


def fitted(parts: Iterable[Part], last: Block) -> Iterator[dict[str, Any]]:
    """The blocks of a message, without the least important ones where they are too many or too long."""
    kept = [(rank, block.to_dict()) for rank, block in parts]
    end = last.to_dict()
    left_out = 0
    while len(kept) + 2 > MOST_BLOCKS or sum(size(one) for _, one in kept) + size(end) > MOST_TEXT:
        worst = max(rank for rank, _ in kept)
        if worst == 0:
            break
        del kept[max(at for at, (rank, _) in enumerate(kept) if rank == worst)]
        left_out += 1
    yield from (block for _, block in kept)
    if left_out:
        yield _left_out(left_out).to_dict()
    yield end


def _left_out(count: int) -> Block:
    from slack_sdk.models.blocks import ContextBlock, PlainTextObject

    said = f"{count} more parts did not fit; the whole run: unforbid runs show"
    return ContextBlock(elements=[PlainTextObject(text=said, emoji=False)])


def size(value: object) -> int:
    """How many characters of text a block has."""
    if isinstance(value, dict):
        return sum(len(one) if key == "text" and isinstance(one, str) else size(one) for key, one in value.items())
    return sum(size(one) for one in value) if isinstance(value, list | tuple) else 0
