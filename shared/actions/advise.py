"""Advice: what a person does where no change by a machine is right."""

from __future__ import annotations

from shared.actions import ActionKind
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.plan import Action, Tier


def preview(_denial: Denial, diagnosis: Diagnosis, *_: object) -> tuple[Action, ...]:
    """The cause's remedy, in words."""
    return (advice(diagnosis.cause.remedy, diagnosis.cause.tier),)


def advice(why: str, tier: Tier, target: str | None = None) -> Action:
    """One step that changes nothing."""
    return Action(action="advise", changes=False, tier=tier, target=target, member=None, role=None, why=why, undo=None)


ACTION = ActionKind(id="advise", preview=preview)
