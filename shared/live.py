"""The stages with Google asked: look, confirm, plan, gate, report. Loaded when something is first looked into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from shared.evidence.case import Case, Ours, case_of
from shared.evidence.families import is_worth_a_look
from shared.model.denial import NotADenial
from shared.model.log_entry import LogEntry
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

Told = dict[str, object]


class Live(Struct, frozen=True, kw_only=True):
    """What asking Google takes.

    `catalogue` gives the organisation's roles, None where they were never read; `ours` is what the operators named.
    """

    facts: Facts
    catalogue: Callable[[], Catalogue | None]
    ours: Ours = Ours()

    def explain(self, entry: LogEntry, now: datetime) -> Report:
        """What one log entry says and what Google says of it: proven, refuted, or could not tell."""
        denial = classify(entry)
        if isinstance(denial, NotADenial):
            return report_none(denial)
        diagnosis = diagnose(denial)
        case = case_of(entry, denial, diagnosis, now, self.ours)
        if is_worth_a_look(case):
            return self._looked_into(case, now)
        steps = plan(denial, diagnosis)
        return report(denial, diagnosis, steps, gate(denial, diagnosis, steps))

    def learn(self, run: Run, data: bytes, recorder: Recorder, now: datetime) -> Told:
        """Ask Google about a run that was just opened, and keep what it says; the facts for the log line.

        Raises:
            StoreUnavailable: what was learned could not be kept; the message has to be delivered again.
        """
        entry = read(data)
        denial = classify(entry)
        if isinstance(denial, NotADenial):
            return {}
        case = case_of(entry, denial, diagnose(denial), now, self.ours)
        if not is_worth_a_look(case):
            return {}
        told = self._looked_into(case, now)
        recorder.learn(replace(run, report=told, state=STATE_OF_MODE[told.decision.mode], looked_at=now))
        return {"cause": told.cause, "mode": told.decision.mode.value, "proven": told.proven, "looks": len(told.looks)}

    def _looked_into(self, case: Case, now: datetime) -> Report:
        answers = look(case, self.facts)
        told = confirm(case, answers)
        steps = plan(told.denial, told.diagnosis, known_from(case, answers, self.catalogue(), now))
        return report(told.denial, told.diagnosis, steps, gate(told.denial, told.diagnosis, steps))
