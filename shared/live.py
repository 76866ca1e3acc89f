"""The stages with Google asked: look, confirm, plan, gate, report. Loaded when something is first looked into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import DecodeError, Struct
from msgspec.structs import replace

from shared.actions import Known
from shared.evidence.answers import Answers
from shared.evidence.case import Case, Ours, case_of
from shared.evidence.families import entry_of, is_worth_a_look
from shared.model.codec import from_json
from shared.model.denial import Denial, NotADenial
from shared.model.evidence import UNKNOWN, YES, Verdict
from shared.model.log_entry import LogEntry
from shared.model.plan import Plan
from shared.model.report import Report
from shared.model.run import STATE_OF_MODE, Run
from shared.pipeline.classify import classify
from shared.pipeline.confirm import confirm
from shared.pipeline.diagnose import diagnose
from shared.pipeline.gate import gate
from shared.pipeline.known import known_from
from shared.pipeline.look import look
from shared.pipeline.plan import plan
from shared.pipeline.read import read
from shared.pipeline.report import report, report_none
from shared.ports import Facts, Recorder

if TYPE_CHECKING:
    from shared.grants.catalogue import Catalogue
    from shared.judging import Judge

Told = dict[str, object]


class Reviewed(Struct, frozen=True, kw_only=True):
    """A denial that was looked into: the answer for people, and what the works of a fix are made of.

    `copy` says whether Cloud Logging has the entry and says the same: anybody could have written what was delivered.
    """

    report: Report
    denial: Denial
    plan: Plan
    known: Known | None
    copy: Verdict = UNKNOWN


class Learned(Struct, frozen=True, kw_only=True):
    """A run with what Google told of it; `looked` is None where there was nothing worth a look."""

    run: Run
    looked: Reviewed | None = None

    def told(self) -> Told:
        """The facts for the log line."""
        if self.looked is None:
            return {}
        report = self.looked.report
        mode, looks = report.decision.mode.value, len(report.looks)
        rules = {"rules": report.decision.terms.rules} if report.decision.terms is not None else {}
        return {"cause": report.cause, "mode": mode, "proven": report.proven, "looks": looks, **rules}


class Live(Struct, frozen=True, kw_only=True):
    """What asking Google takes.

    `catalogue` gives the organisation's roles, None where they were never read; `ours` is what the operators named;
    `judge` decides by written rules, where there are any; `ask` puts the questions of one run.
    """

    facts: Facts
    catalogue: Callable[[], Catalogue | None]
    ours: Ours = Ours()
    judge: Judge | None = None
    ask: Callable[[Case, Facts], Answers] = look

    def explain(self, entry: LogEntry, now: datetime) -> Report:
        """What one log entry says and what Google says of it: proven, refuted, or could not tell."""
        denial = classify(entry)
        if isinstance(denial, NotADenial):
            return report_none(denial)
        diagnosis = diagnose(denial)
        case = case_of(entry, denial, diagnosis, now, self.ours)
        return self._looked_into(case) if is_worth_a_look(case) else _from_text_alone(case)

    def learn(self, run: Run, data: bytes, recorder: Recorder, now: datetime) -> Learned:
        """Ask Google about a run that was just opened, and keep what it says.

        Raises:
            StoreUnavailable: what was learned could not be kept; the message has to be delivered again.
        """
        entry = read(data)
        denial = classify(entry)
        if isinstance(denial, NotADenial):
            return Learned(run=run)
        case = case_of(entry, denial, diagnose(denial), now, self.ours)
        if not is_worth_a_look(case):
            return Learned(run=run)
        looked = self._reviewed(case)
        told = _with_notes(looked.report, case, run)
        learned = replace(run, report=told, state=STATE_OF_MODE[told.decision.mode], looked_at=now)
        recorder.learn(learned)
        return Learned(run=learned, looked=replace(looked, report=told))

    def look_again(self, entry: LogEntry, now: datetime) -> Reviewed | None:
        """Everything that approving and carrying out a fix takes; None where looking can prove nothing."""
        denial = classify(entry)
        if isinstance(denial, NotADenial):
            return None
        case = case_of(entry, denial, diagnose(denial), now, self.ours)
        return self._reviewed(case) if is_worth_a_look(case) else None

    def _looked_into(self, case: Case) -> Report:
        return self._reviewed(case).report

    def _reviewed(self, case: Case) -> Reviewed:
        answers = self.ask(case, self.facts)
        told = confirm(case, answers)
        looked = told.diagnosis.looked
        proven = looked is not None and looked.proven is YES
        known = known_from(case, answers, self.catalogue()) if proven else None
        steps = plan(told.denial, told.diagnosis, known)
        weighs = self.judge.weighs(_received_at(case, answers), case.now) if self.judge is not None else None
        answer = report(told.denial, told.diagnosis, steps, gate(told.denial, told.diagnosis, steps, weighs))
        copy = looked.copy if looked is not None else UNKNOWN
        return Reviewed(report=answer, denial=told.denial, plan=steps, known=known, copy=copy)


class _Received(Struct, frozen=True):
    """What is read of Cloud Logging's own copy of an entry: when it came, by Google's clock."""

    receiveTimestamp: datetime | None = None  # noqa: N815 - as LogEntry spells it


def _received_at(case: Case, answers: Answers) -> datetime | None:
    """When Cloud Logging received the entry, by its own copy of it; None where that is not told."""
    copies = (answers.value(one) for one in entry_of(case) if one in answers)
    data = next((one for one in copies if one), None)
    try:
        at = from_json(data, _Received).receiveTimestamp if data else None
    except (DecodeError, UnicodeDecodeError):
        return None
    return at if at is not None and at.tzinfo is not None else None


def _from_text_alone(case: Case) -> Report:
    steps = plan(case.denial, case.diagnosis)
    return report(case.denial, case.diagnosis, steps, gate(case.denial, case.diagnosis, steps))


def _with_notes(told: Report, case: Case, run: Run) -> Report:
    """The report with what was noted beside the entry when its run was opened, such as memory exhausted there."""
    plain = _from_text_alone(case).evidence
    noted = tuple(line for line in run.report.evidence if line not in plain)
    return replace(told, evidence=(*told.evidence, *noted))
