"""The chain of the journal: whatever is changed, left out, added or cut later is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.model.chain import Head, broken, linked
from shared.model.codec import from_json, to_json
from shared.model.effect import Before, StartMachine
from shared.model.journal import Intended, Line, Link, Opened, Paged
from shared.model.work import MachineName

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Kept(NamedTuple):
    links: list[Link]
    lines: list[Line]


def journal(count: int = 6) -> Kept:
    """Two fixes whose lines were written in turn."""
    lines = [
        Line(
            fix=f"f-{at % 2}",
            number=at // 2,
            at=START + timedelta(seconds=at),
            generation=0,
            body=Opened(run="r", plan_hash="h") if at < 2 else Paged(step=0, why=f"why {at}"),
        )
        for at in range(count)
    ]
    links: list[Link] = []
    for line in lines:
        links.append(linked(line, links[-1] if links else None))
    return Kept(links, lines)


def test_a_journal_as_it_was_written_is_whole() -> None:
    links, lines = journal()
    heads = [Head(link.sequence, link.digest) for link in links]
    assert list(broken(links, lines, heads)) == []


def test_a_line_is_chained_as_it_will_be_read_whatever_numbers_it_was_made_with() -> None:
    machine = MachineName(project="p", zone="z", name="m", id="1")
    body = Intended(
        step=0, effect=StartMachine(machine=machine, request="q"), before=Before(), then="STARTING", wait_seconds=5
    )
    made = Line(fix="f-0", number=0, at=START, generation=0, body=body)
    read = from_json(to_json(made), Line)
    assert to_json(read) != to_json(made)
    assert list(broken([linked(made, None)], [read])) == []


def altered(kept: Kept) -> None:
    kept.lines[3] = replace(kept.lines[3], body=Paged(step=0, why="something else"))


def dated_back(kept: Kept) -> None:
    kept.lines[3] = replace(kept.lines[3], at=START)


def left_out(kept: Kept) -> None:
    del kept.lines[3]


def left_out_with_its_link(kept: Kept) -> None:
    del kept.lines[3], kept.links[3]


def renumbered(kept: Kept) -> None:
    del kept.lines[3], kept.links[3]
    kept.links[3:] = [replace(link, sequence=link.sequence - 1) for link in kept.links[3:]]


def added(kept: Kept) -> None:
    kept.lines.append(replace(kept.lines[-1], number=kept.lines[-1].number + 1))


def swapped(kept: Kept) -> None:
    kept.links[2], kept.links[3] = kept.links[3], kept.links[2]


def written_anew(kept: Kept) -> None:
    """Somebody who can write everything does so consistently: only what was noted elsewhere tells."""
    kept.lines[3] = replace(kept.lines[3], body=Paged(step=0, why="something else"))
    kept.links[:] = []
    for line in kept.lines:
        kept.links.append(linked(line, kept.links[-1] if kept.links else None))


def cut_short(kept: Kept) -> None:
    del kept.links[4:], kept.lines[4:]


@pytest.mark.hazard("H44")
@pytest.mark.invariant("I28")
@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        (altered, "line 1 of f-1 is not what was written (link 4)"),
        (dated_back, "line 1 of f-1 is not what was written (link 4)"),
        (left_out, "line 1 of f-1 is gone: link 4 remembers it"),
        (left_out_with_its_link, "link 5 follows link 3: what was between is gone"),
        (renumbered, "link 4 (line 2 of f-0) does not follow the one before it: one of the two was changed"),
        (added, "line 3 of f-1 is in no chain: it was added from outside"),
        (swapped, "link 4 follows link 2: what was between is gone"),
        (written_anew, "link 6 is not the one that was noted: the journal was cut short or written anew"),
        (cut_short, "link 6 is not the one that was noted: the journal was cut short or written anew"),
    ],
)
def test_tampering_is_found_and_said(tampering: Callable[[Kept], None], said: str) -> None:
    kept = journal()
    head = Head(kept.links[-1].sequence, kept.links[-1].digest)
    tampering(kept)
    assert said in list(broken(kept.links, kept.lines, [head]))


@pytest.mark.hazard("H44")
@pytest.mark.invariant("I28")
@given(st.integers(0, 5), st.sampled_from(["sequence", "previous", "digest", "fix", "number"]))
def test_no_field_of_a_link_can_be_changed_unseen(at: int, field: str) -> None:
    links, lines = journal()
    value = getattr(links[at], field)
    links[at] = replace(links[at], **{field: value + 1 if isinstance(value, int) else f"x{value}"})
    assert list(broken(links, lines))
