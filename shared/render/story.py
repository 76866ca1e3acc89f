"""Lines of a journal -> the story of a fix, for the thread below its card."""

from __future__ import annotations

from collections.abc import Iterable

from shared.model.journal import Line
from shared.model.shown import Message
from shared.render.plain import escaped
from shared.render.timeline import timeline

LINE, LINES_IN_A_PART, MOST_PARTS = 280, 10, 12


def story(fix: str, lines: Iterable[Line]) -> Message:
    """What was done and what came of it, line by line; of a long story the beginning and the end."""
    from slack_sdk.models.blocks import PlainTextObject, SectionBlock

    told = [f"{at:%H:%M:%S}  {escaped(said, LINE)}" for at, said in timeline(lines)] or ["it has just begun"]
    parts = ["\n".join(told[at : at + LINES_IN_A_PART]) for at in range(0, len(told), LINES_IN_A_PART)]
    if len(parts) > MOST_PARTS:
        left_out = len(parts) - MOST_PARTS + 1
        parts = [*parts[:2], f"{left_out} parts more: unforbid runs show {escaped(fix, 40)}", *parts[3 - MOST_PARTS :]]
    sections = [SectionBlock(text=PlainTextObject(text=one, emoji=False)) for one in parts]
    return Message(text=f"What happens in {escaped(fix, 40)}", blocks=tuple(one.to_dict() for one in sections))
