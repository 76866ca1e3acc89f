"""Many runs -> one message: where too many cards are open, the others are only listed."""

from __future__ import annotations

from collections.abc import Sequence

from shared.model.shown import Message, Shown
from shared.render.card import summary
from shared.render.plain import escaped

LISTED = 20


def digest(waiting: Sequence[Shown], open_cards: int) -> Message:
    """The runs that have no card of their own, newest first."""
    from slack_sdk.models.blocks import HeaderBlock, PlainTextObject, SectionBlock

    text = f"{len(waiting)} more wait for a decision"
    lines = [f"- {escaped(one.run, 40)}  {summary(one)}" for one in waiting[:LISTED]]
    if len(waiting) > LISTED:
        lines.append(f"and {len(waiting) - LISTED} more")
    how = f"{open_cards} cards are open here, so these have none yet. All of them: unforbid approvals"
    chunks = [how, *("\n".join(lines[at : at + 5]) for at in range(0, len(lines), 5))]
    blocks = [HeaderBlock(text=PlainTextObject(text=text, emoji=False))]
    sections = [SectionBlock(text=PlainTextObject(text=one, emoji=False)) for one in chunks]
    return Message(text=text, blocks=tuple(one.to_dict() for one in [*blocks, *sections]))
