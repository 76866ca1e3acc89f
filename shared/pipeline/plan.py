"""Diagnosis -> Plan: the steps of the cause's fix, previewed by the kind of action it names."""

from __future__ import annotations

from shared.actions import ACTIONS
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.plan import Plan


def plan(denial: Denial, diagnosis: Diagnosis) -> Plan:
    """What would be done about a denial; advice only where no change is right."""
    return Plan(ACTIONS[diagnosis.cause.fix].preview(denial, diagnosis))
