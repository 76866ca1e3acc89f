"""Lines of all journals -> one chain of digests: what was changed, left out or added later breaks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from msgspec import Struct

from shared.model.codec import from_json, to_json
from shared.model.journal import Line, Link

BEGINNING = "0" * 64
"""What the first link follows."""


def linked(line: Line, last: Link | None) -> Link:
    """The link of a line that is written after another one; the number of links is how many lines there ever were."""
    previous = last.digest if last else BEGINNING
    sequence = last.sequence + 1 if last else 1
    return Link(
        sequence=sequence,
        previous=previous,
        digest=_digest(sequence, previous, line),
        fix=line.fix,
        number=line.number,
    )


def _digest(sequence: int, previous: str, line: Line) -> str:
    """The digest of a line as it will be read: a whole number where a fraction may stand is written otherwise then."""
    as_read = to_json(from_json(to_json(line), Line))
    return sha256(b"%d\n%s\n%s" % (sequence, previous.encode(), as_read)).hexdigest()


class Head(Struct, frozen=True):
    """A place in the chain as somebody noted it elsewhere: the sequence and its digest."""

    sequence: int
    digest: str


def broken(links: Iterable[Link], lines: Iterable[Line], heads: Iterable[Head] = ()) -> Iterator[str]:
    """Everything that is wrong with a journal, in sentences; nothing where it is whole.

    `heads` are places that were noted elsewhere (in the log lines): without one, a journal that was cut short, or
    written anew from some line on, cannot be told from a whole one.
    """
    kept = {(line.fix, line.number): line for line in lines}
    last, passed = None, {}
    for link in links:
        yield from _wrong(link, last, kept.pop((link.fix, link.number), None))
        passed[link.sequence] = link.digest
        last = link
    for fix, number in sorted(kept):
        yield f"line {number} of {fix} is in no chain: it was added from outside"
    for head in heads:
        if passed.get(head.sequence) != head.digest:
            yield f"link {head.sequence} is not the one that was noted: the journal was cut short or written anew"


def _wrong(link: Link, last: Link | None, line: Line | None) -> Iterator[str]:
    sequence, previous = (last.sequence + 1, last.digest) if last else (1, BEGINNING)
    where = f"line {link.number} of {link.fix}"
    if link.sequence != sequence:
        yield f"link {link.sequence} follows link {sequence - 1}: what was between is gone"
    elif link.previous != previous:
        yield f"link {link.sequence} ({where}) does not follow the one before it: one of the two was changed"
    if line is None:
        yield f"{where} is gone: link {link.sequence} remembers it"
    elif _digest(link.sequence, link.previous, line) != link.digest:
        yield f"{where} is not what was written (link {link.sequence})"
