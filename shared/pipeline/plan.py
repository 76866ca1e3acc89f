"""Diagnosis -> Plan: the steps of the cause's fix, previewed by the kind of action it names."""

from __future__ import annotations

from shared.actions import ACTIONS
from shared.actions.advise import advice
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import is_target
from shared.model.plan import Plan

UNSOUND = "The entry names a resource as Google would not: no change is planned on it."


def plan(denial: Denial, diagnosis: Diagnosis) -> Plan:
    """What would be done about a denial; advice only where no change is right."""
    actions = ACTIONS[diagnosis.cause.fix].preview(denial, diagnosis)
    for action in actions:
        if action.changes and not (action.target and is_target(action.target)):
            return Plan((advice(f"{UNSOUND} {diagnosis.cause.remedy}", diagnosis.cause.tier),))
    return Plan(actions)
