"""Diagnosis -> Plan: the steps of the cause's fix, previewed by the kind of action it names."""

from __future__ import annotations

from msgspec.structs import replace

from shared.actions import ACTIONS, Known
from shared.actions.advise import advice
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.evidence import NO
from shared.model.names import is_target
from shared.model.plan import Action, Plan

UNSOUND = "The entry names a resource as Google would not: no change is planned on it."


MOST_STEPS = 6


def plan(denial: Denial, diagnosis: Diagnosis, known: Known | None = None) -> Plan:
    """What would be done about a denial; advice only where no change is right.

    With what is `known` from looking, every proven cause is mended in its order, roles come from the organisation's
    catalogue with the proof of the choice, and a machine is only stopped if nothing speaks against it. Without it only
    hand-checked roles are planned, and that is cheap enough for every event.
    """
    looked = diagnosis.looked
    if looked is not None and looked.proven is NO:
        return Plan((advice(f"There is nothing to change for this: {looked.why}", diagnosis.cause.tier),))
    if looked is None or len(looked.mend) < 2:
        return Plan(_sound(ACTIONS[diagnosis.cause.fix].preview(denial, diagnosis, known), diagnosis))
    steps: list[Action] = []
    for cause in looked.mend:
        own = replace(diagnosis, cause=cause)
        steps += _sound(ACTIONS[cause.fix].preview(denial, own, known), own)
    return Plan(tuple(steps[:MOST_STEPS]))


def _sound(actions: tuple[Action, ...], diagnosis: Diagnosis) -> tuple[Action, ...]:
    """The steps, or advice alone where one of them would change what is no name of Google's."""
    for action in actions:
        if action.changes and not (action.target and is_target(action.target)):
            return (advice(f"{UNSOUND} {diagnosis.cause.remedy}", diagnosis.cause.tier),)
    return actions
