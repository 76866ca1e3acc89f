"""Shown -> the parts of a card, each with how soon it is left out: 0 is never, the highest goes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from shared.model.approval import Choice, Vote
from shared.model.report import Report
from shared.model.shown import Shown, Stage
from shared.model.work import Access, Grant, Work
from shared.render.card_terms import beyond, deciders, ending, excluded, gains, window
from shared.render.diff import diff, interruptions
from shared.render.plain import code, escaped, name

if TYPE_CHECKING:
    from slack_sdk.models.blocks import Block

Part = tuple[int, "Block"]
HEADS = {
    Stage.TOLD: "Refused",
    Stage.ASKED: "Approval needed",
    Stage.VOTED: "Another approval needed",
    Stage.SNOOZED: "Snoozed",
    Stage.SCHEDULED: "Approved, and waits",
    Stage.RUNNING: "Being mended",
    Stage.FIXED: "Fixed",
    Stage.NOTHING: "Nothing had to change",
    Stage.NOT_FIXED: "Not fixed",
    Stage.COULD_NOT_TELL: "Carried out, and could not be proven",
    Stage.UNDONE: "Taken back",
    Stage.DENIED: "Denied",
    Stage.EXPIRED: "Expired",
    Stage.DRIFTED: "The plan has changed",
    Stage.REFUSED: "Not permitted any more",
}
ASKS = (Stage.ASKED, Stage.VOTED, Stage.SNOOZED, Stage.SCHEDULED)
"""The stages in which a click can still change what happens."""
TRUST = {
    "audit": "from an audit log",
    "google": "from a log of Google's own",
    "text": "claimed by application text, which anyone could have written",
}
PROVEN = {"yes": "proven by looking", "no": "looking showed that it is not so", "could not tell": "could not be proven"}
TITLE, LINE, NAME, VALUE, SAID = 150, 300, 600, 400, 1_000
CHUNK, MOST_OF_CHANGE = 2_800, 5_600
"""A section takes 3000 characters; the change is given two, and said to be cut where that is not enough."""
MOST_LINES = 8


def head(stage: Stage) -> str:
    """What a stage is called."""
    return HEADS[stage]


def what_happened(shown: Shown) -> Iterator[Part]:
    """Who was refused what, where."""
    report = shown.report
    headed = f"{HEADS[shown.stage]}: "
    yield 0, _header(headed + escaped(report.title or "a call was refused", TITLE - len(headed)))
    asked = ", ".join(report.permissions) or "no permission stated"
    fields = [
        _field("Who", name(report.principal or "not stated", NAME)),
        _field("Was denied", name(asked, NAME)),
        _field("On", name(report.resource or "not stated", NAME)),
    ]
    if shown.often > 1:
        fields.append(_field("Seen", f"{shown.often} times"))
    yield 0, _fields(fields)


def why(shown: Shown) -> Iterator[Part]:
    """The cause, and what proves it."""
    report = shown.report
    sure = PROVEN.get(report.proven or "", f"not looked at; {report.confidence or 'no'} confidence")
    said = f"Why ({sure}; {TRUST.get(report.trust, TRUST['text'])})"
    yield 1, _section(f"{said}\n{escaped(report.reason, SAID)}")


def change(shown: Shown) -> Iterator[Part]:
    """Exactly what would change, as a diff; whole, or said not to be."""
    if not shown.works:
        steps = [one.why for one in shown.report.plan if not one.changes]
        if steps:
            yield 1, _section("What a person can do\n" + "\n".join(escaped(one, LINE) for one in steps[:MOST_LINES]))
        return
    approval = shown.approval
    asked = f" (tier {escaped(approval.tier, 4)}, plan {escaped(approval.plan_hash[:12], 20)})" if approval else ""
    would = "would change" if shown.stage in (Stage.TOLD, *ASKS) else "was planned"
    yield 0, _section(f"What {would}{asked}")
    chunks, is_whole = _chunks(shown.works)
    for chunk in chunks:
        yield 0, _code(chunk)
    if not is_whole:
        yield 0, _section(f"This is not all: read the whole change with `unforbid apply {shown.run}` before you decide")


def _chunks(works: Iterable[Work]) -> tuple[list[str], bool]:
    """The lines of the diff in sections; and whether these are all, each whole."""
    chunks, used = [""], 0
    for sign, line in diff(works):
        safe = code(line, CHUNK - 10)
        used += len(safe)
        if safe.endswith("…") or used > MOST_OF_CHANGE:
            return [one for one in chunks if one] or [f"{sign} {safe}"], False
        if len(chunks[-1]) + len(safe) + 3 > CHUNK:
            chunks.append("")
        chunks[-1] += f"{sign} {safe}\n"
    return chunks, True


def terms(shown: Shown) -> Iterator[Part]:
    """On what terms: what it gives too much, who gains, what is interrupted, its end, its undo, who decides, when."""
    if not shown.works:
        return
    said = {
        "Beyond the ask": beyond(shown.report),
        "Who else gains": gains(shown),
        "Interrupts": "; ".join(interruptions(shown.works)) or "nothing",
        "Ends": ending(shown),
        "Undo": _undo(shown.report, shown.works),
    }
    yield 0, _fields([_field(label, escaped(value, VALUE)) for label, value in said.items() if value])
    if shown.approval is not None and shown.stage in ASKS:
        who = {
            "Who decides": deciders(shown.approval),
            "Still missing": shown.standing.missing if shown.standing else "",
            "Who does not count": excluded(shown.approval),
            "When": window(shown.approval, shown.until),
        }
        yield 0, _fields([_field(label, escaped(value, VALUE)) for label, value in who.items() if value])


def _undo(report: Report, works: tuple[Work, ...]) -> str:
    told = dict.fromkeys(one.undo for one in report.plan if one.changes and one.undo)
    if told:
        return "; ".join(told)
    return "its exact inverse" if all(isinstance(one, Grant | Access) for one in works) else "see the plan"


def result(shown: Shown) -> Iterator[Part]:
    """How it ended, by whom, or what it waits for."""
    at = f"{shown.until:%Y-%m-%d %H:%M} UTC" if shown.until else ""
    by = name(shown.by, LINE)
    said = {
        Stage.SNOOZED: f"Snoozed until {at}{f' by {by}' if by else ''}: not shown again before, and decided as ever",
        Stage.SCHEDULED: f"Begins {at or 'when its window opens'}; a deny still stops it",
        Stage.RUNNING: "It is being carried out; each step is told in the thread",
        Stage.FIXED: "The proof",
        Stage.NOTHING: "Everything was so already",
        Stage.NOT_FIXED: "What came of it",
        Stage.COULD_NOT_TELL: "It was carried out; whether the call works now could not be told",
        Stage.UNDONE: "Everything that was changed is as it was before",
        Stage.DENIED: f"Denied{f' by {by}' if by else ''}; nothing was changed, and nothing will be",
        Stage.EXPIRED: "Nobody decided in time, which is a no: nothing was changed. To ask again: "
        f"unforbid apply {escaped(shown.run, 40)}",
        Stage.DRIFTED: "What was shown is no longer what would be done, so no vote on it counts and nothing was "
        f"changed. To ask again: unforbid apply {escaped(shown.run, 40)}",
    }.get(shown.stage, "")
    if text := "\n".join(one for one in (said, escaped(shown.why, SAID)) if one):
        yield 0, _section(text)


def votes(shown: Shown) -> Iterator[Part]:
    """Who said what, and whether it counts."""
    if shown.standing is None:
        return
    told = [_vote(vote) for vote in shown.standing.counted]
    told += [f"{_vote(one.vote)} (does not count: {escaped(one.why, LINE)})" for one in shown.standing.not_counted]
    for said in told[:MOST_LINES]:
        yield 2, _context(said)


def _vote(vote: Vote) -> str:
    verb = "says no" if vote.choice is Choice.DENY else "says yes"
    return f"{name(vote.person.email, 100)} {verb} at {vote.at:%H:%M} UTC: {escaped(vote.reason, LINE)}"


def evidence(report: Report) -> Iterator[Part]:
    """What the entry itself says for the cause."""
    if report.evidence:
        yield 3, _listed("Evidence", report.evidence)


def looks(report: Report) -> Iterator[Part]:
    """What was asked of Google, with its verdicts."""
    if report.looks:
        yield 4, _listed("Looked at", [f"{one.verdict.value}: {one.asked}: {one.said}" for one in report.looks])


def others(report: Report) -> Iterator[Part]:
    """What else the entry could mean, where that was not settled."""
    if report.also and report.proven != "yes":
        yield 5, _listed("What else it could be", [f"{one.cause}: {one.why}" for one in report.also])


def note(shown: Shown, page: str) -> Block:
    """Which run and fix this is, and where to read more; the one link, and it is from the settings."""
    ids = [f"run {escaped(shown.run, 40)}"]
    if shown.fix:
        ids.append(f"fix {escaped(shown.fix, 40)}")
    if page:
        ids.append(f"<{escaped(page.replace('{run}', shown.run), 400)}|the whole run>")
    return _marked(" · ".join(ids))


def _listed(title: str, lines: Iterable[str]) -> Block:
    shown = [f"- {escaped(one, LINE)}" for one in list(lines)[:MOST_LINES]]
    return _section("\n".join([title, *shown]))


def _field(label: str, value: str) -> str:
    return f"{label}\n{value}"


def _header(text: str) -> Block:
    from slack_sdk.models.blocks import HeaderBlock, PlainTextObject

    return HeaderBlock(text=PlainTextObject(text=text, emoji=False))


def _section(text: str) -> Block:
    from slack_sdk.models.blocks import PlainTextObject, SectionBlock

    return SectionBlock(text=PlainTextObject(text=text, emoji=False))


def _fields(texts: Iterable[str]) -> Block:
    from slack_sdk.models.blocks import PlainTextObject, SectionBlock

    return SectionBlock(fields=[PlainTextObject(text=one, emoji=False) for one in texts])


def _code(text: str) -> Block:
    from slack_sdk.models.blocks import MarkdownTextObject, SectionBlock

    return SectionBlock(text=MarkdownTextObject(text=f"```{text}```", verbatim=True))


def _context(text: str) -> Block:
    from slack_sdk.models.blocks import ContextBlock, PlainTextObject

    return ContextBlock(elements=[PlainTextObject(text=text, emoji=False)])


def _marked(text: str) -> Block:
    from slack_sdk.models.blocks import ContextBlock, MarkdownTextObject

    return ContextBlock(elements=[MarkdownTextObject(text=text, verbatim=True)])
