"""How often the cause is right on the reference corpus beside the checkout (`make corpus`).

Every case is read twice: as the LogEntry, and as the raw body: the error body or the text alone as a person would paste
it, or, for an audit entry, the Pub/Sub push that delivers it. A cause is right if `CAUSES.json` lists it for one of the
case's labels. Beside the share of right causes two things must hold for every case: no step that would change the cloud
where nothing was refused or the text leaves the resource open, and no principal that the input does not state.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from shared import flows
from shared.cli.inputs import read_inputs
from shared.errors import Unreadable
from shared.model.report import Report
from shared.pipeline.report import report_unreadable

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
HARMLESS = ("not_a_denial", "resource_ambiguous")
LEAST = 0.95

Case = dict[str, Any]


@dataclass
class Score:
    """How the cases of one label went, in one form."""

    right: int = 0
    total: int = 0


@dataclass
class Outcome:
    """The scores of each label and form, and everything that went wrong, in words."""

    scores: dict[tuple[str, str], Score] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)

    def share(self, form: str) -> float:
        """The share of right causes in one form, 0 to 1."""
        scores = [score for (_, of), score in self.scores.items() if of == form]
        return sum(score.right for score in scores) / max(1, sum(score.total for score in scores))


def measure(corpus: Path) -> Outcome:
    """The outcome over every case of a corpus folder."""
    allowed: dict[str, list[str]] = json.loads((corpus / "CAUSES.json").read_text())["labels"]
    outcome = Outcome()
    for case in json.loads((corpus / "LABELS.json").read_text())["cases"]:
        value = json.loads((corpus / case["file"]).read_text())
        labels = [case["cause"], *case.get("acceptable", ())]
        right = [cause for label in labels for cause in allowed[label]]
        for form, data in FORMS.items():
            _judge(case, form, data(case, value), right, outcome)
    return outcome


def explain(data: bytes) -> Report:
    """The report on the one input in these bytes, as `unforbid explain` makes it."""
    (found,) = read_inputs(data)
    return report_unreadable(str(found)) if isinstance(found, Unreadable) else flows.explain(found)


def _as_entry(case: Case, value: Any) -> bytes:
    if case["kind"] != "error_json":
        return json.dumps(value).encode()
    payload = "jsonPayload" if isinstance(value, dict) else "textPayload"
    return json.dumps({"logName": "projects/p/logs/app", payload: value}).encode()


def _as_body(case: Case, value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if case["kind"] == "error_json":
        return json.dumps(value).encode()
    if isinstance(text := value.get("textPayload"), str):
        return text.encode()
    data = base64.b64encode(json.dumps(value).encode()).decode()
    return json.dumps(
        {"message": {"data": data, "messageId": "1"}, "subscription": "projects/p/subscriptions/s"}
    ).encode()


FORMS: dict[str, Callable[[Case, Any], bytes]] = {"as the entry": _as_entry, "as the body": _as_body}


def _judge(case: Case, form: str, sent: bytes, right: list[str], outcome: Outcome) -> None:
    report = explain(sent)
    score = outcome.scores.setdefault((case["cause"], form), Score())
    score.total += 1
    if is_right(report.cause, right):
        score.right += 1
    else:
        outcome.wrong.append(f"{case['id']} {form}: {case['cause']} was told as {report.cause or report.reason}")
    if case["cause"] in HARMLESS and any(step.changes for step in report.plan):
        outcome.forbidden.append(f"{case['id']} {form}: a change is planned for {case['cause']}")
    if report.principal and not _is_stated(report.principal, sent, case):
        outcome.forbidden.append(f"{case['id']} {form}: the principal {report.principal} is invented")


def is_right(cause: str | None, allowed: Iterable[str]) -> bool:
    """Whether a cause is among the allowed ones; `org.*` allows a family, `none` no cause at all."""
    return any(
        cause is None if one == "none" else cause is not None and (cause == one or _is_of(cause, one))
        for one in allowed
    )


def _is_of(cause: str, family: str) -> bool:
    return family.endswith(".*") and cause.startswith(family[:-1])


def _is_stated(principal: str, sent: bytes, case: Case) -> bool:
    if case.get("principal", principal) is None:
        return False
    return principal.encode() in sent or principal.encode() in base64.b64decode(_data(sent))


def _data(sent: bytes) -> str:
    try:
        return str(json.loads(sent)["message"]["data"])
    except (ValueError, KeyError, TypeError):
        return ""


def _table(outcome: Outcome) -> Table:
    table = Table("label", *FORMS, box=None, pad_edge=False)
    for label in sorted({label for label, _ in outcome.scores}):
        cells = (outcome.scores.get((label, form), Score()) for form in FORMS)
        table.add_row(label, *(f"{score.right}/{score.total}" for score in cells))
    table.add_section()
    table.add_row("all", *(f"{outcome.share(form):.1%}" for form in FORMS))
    return table


def _complaints(outcome: Outcome) -> Iterator[str]:
    yield from outcome.wrong
    yield from outcome.forbidden


def main() -> int:
    """Print the table; 1 if less is right than must be, or anything forbidden happened."""
    if not CORPUS.is_dir():
        print("skipped: the reference corpus (../shared/corpus) is not beside this checkout")
        return 0
    outcome = measure(CORPUS)
    Console(width=100).print(_table(outcome))
    for line in _complaints(outcome):
        print(line)
    print(f"changes planned where none may be, or principals invented: {len(outcome.forbidden)}")
    return int(bool(outcome.forbidden) or any(outcome.share(form) < LEAST for form in FORMS))


if __name__ == "__main__":
    sys.exit(main())
