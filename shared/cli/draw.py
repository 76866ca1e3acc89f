"""How a report looks in a terminal; plain when piped. Everything from an entry is shown as text, never as markup."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shared.model.decision import Mode
from shared.model.evidence import Finding
from shared.model.plan import Action
from shared.model.report import Report
from shared.model.role import RoleProof
from shared.renderings.fold import visible

WIDTH_WHEN_PIPED = 130
HEADS = {
    "denial": ("DENIED", "bold red"),
    "not_a_denial": ("NO DENIAL", "bold green"),
    "unreadable": ("UNREADABLE", "bold yellow"),
}
MODES = {
    Mode.REFUSE: "red", Mode.IGNORE: "green", Mode.NOTIFY: "yellow", Mode.DRY_RUN: "cyan", Mode.ASK: "magenta",
    Mode.AUTO: "red",
}  # fmt: skip
SHOWN_ALSO, SHOWN_CANDIDATES = 6, 3
PROVEN = {"yes": "bold green", "no": "bold red", "could not tell": "bold yellow"}


def console() -> Console:
    """Where everything for people goes: coloured and as wide as the terminal, or plain when piped."""
    out = Console(highlight=False, markup=False, emoji=False)
    if out.is_terminal:
        return out
    return Console(file=_Plain(), highlight=False, markup=False, emoji=False, width=WIDTH_WHEN_PIPED, color_system=None)


class _Plain(StringIO):
    """Standard output without the blanks that tables put at the end of lines."""

    def write(self, text: str) -> int:
        """Write the text, each line stripped at its end."""
        return sys.stdout.write("\n".join(line.rstrip() for line in text.split("\n")))

    def flush(self) -> None:
        """Flush standard output."""
        sys.stdout.flush()


def draw_report(out: Console, report: Report) -> None:
    """One explained entry: verdict, who, what, where, why, evidence, plan, decision."""
    word, style = HEADS[report.verdict]
    out.print(
        Text.assemble(
            (word, style), "  ", (report.title or "", "bold"), (f"  {report.cause}" if report.cause else "", "dim")
        )
    )
    rows = list(_rows(report))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=8)
    grid.add_column(overflow="fold")
    for label, content in rows:
        grid.add_row(label, content)
    out.print(Padding(grid, (0, 0, 1, 2)))


def _rows(report: Report) -> Iterable[tuple[str, Text]]:
    if report.verdict != "denial":
        yield "why", _text(report.reason)
        if report.also:
            yield "see", _text(f"unforbid causes {report.also[0].cause}")
        return
    yield "who", _text(report.principal or "not stated", "" if report.principal else "dim")
    yield "what", _text(", ".join(report.permissions) or "no permission stated", "" if report.permissions else "dim")
    yield "where", _text(report.resource or "not stated", "" if report.resource else "dim")
    if report.service:
        yield "service", _text(report.service)
    if report.consumer:
        yield "consumer", _text(report.consumer)
    yield (
        "why",
        Text.assemble(_text(report.reason), (f"  ({report.confidence} confidence, {_TRUST[report.trust]})", "dim")),
    )
    yield from _listed("evidence", report.evidence)
    if report.proven is not None:
        yield "proven", _text(report.proven, PROVEN[report.proven])
        yield from _looks(report.looks)
    yield from _listed("or", [f"{also.cause}: {also.why}" for also in report.also[:SHOWN_ALSO]])
    if report.next_error:
        yield "next", _text(report.next_error)
    for at, action in enumerate(report.plan):
        yield "plan" if at == 0 else "", _action(action)
    reasons = "; ".join(report.decision.reasons)
    yield (
        "decision",
        Text.assemble((report.decision.mode.value, f"bold {MODES[report.decision.mode]}"), "  ", visible(reasons)),
    )


_TRUST = {"audit": "from an audit log", "google": "from a Google log", "text": "from text anyone could write"}


def _listed(label: str, lines: Iterable[str]) -> Iterable[tuple[str, Text]]:
    for at, line in enumerate(lines):
        yield label if at == 0 else "", Text.assemble(("- ", "dim"), visible(line))


def _looks(looks: Iterable[Finding]) -> Iterable[tuple[str, Text]]:
    """Each question that was asked of Google with its verdict."""
    for at, look in enumerate(looks):
        said = Text.assemble((look.verdict.value, PROVEN[look.verdict.value]), "  ", visible(look.asked))
        yield "looked" if at == 0 else "", said.append(f"\n     {visible(look.said)}", "dim")


def _action(action: Action) -> Text:
    head = Text.assemble((action.action, "bold"), "  ", (action.tier.value, "magenta"), "  ")
    if not action.changes:
        return head.append(visible(action.why))
    head.append(action.role or "")
    for label, content in (
        ("to  ", action.member),
        ("on  ", action.target),
        ("why ", action.why),
        ("undo", action.undo),
    ):
        if content:
            head.append(f"\n{label} ", "dim").append(visible(content))
    return head if action.proof is None else _with_proof(head, action.proof)


def _with_proof(head: Text, proof: RoleProof) -> Text:
    """The step with the roles that were weighed for it, or the custom role that a person may create."""
    for one in proof.candidates[:SHOWN_CANDIDATES]:
        beyond = f"{one.role}: {one.excess} beyond the ask{f', refused: {one.refusal}' if one.refusal else ''}"
        head.append("\nrole ", "dim").append(visible(beyond))
    return head.append("\ncreate ", "dim").append(visible(proof.custom.gcloud)) if proof.custom else head


def _text(content: str, style: str = "") -> Text:
    return Text(visible(content), style=style)
