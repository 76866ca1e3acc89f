"""Case, Answers -> Known: what looking told that a fix has to be planned with."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.actions import Known
from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.evidence.questions import AskGrantable, AskRole, AskSurroundings
from shared.evidence.scopes import policy_of, roles_in, scope_need
from shared.machines.change import choose_change
from shared.machines.conditions import refusals
from shared.model.machine import Attachable, HeldRole, Intervention, Machine, ScopeChange, Surroundings
from shared.model.names import Role
from shared.model.role import RoleDefinition

if TYPE_CHECKING:
    from shared.grants.catalogue import Catalogue


def known_from(case: Case, answers: Answers, catalogue: Catalogue | None, now: datetime) -> Known:
    """Everything that was answered and that a plan is made of."""
    accepted = {
        one.resource: answers.value(one)
        for one in answers
        if isinstance(one, AskGrantable) and answers.value(one) is not None
    }
    machine: Machine | None = answers.value(case.machine) if case.machine else None
    if machine is None or AskSurroundings(machine) not in answers:
        return Known(catalogue=catalogue, grantable=accepted)
    around: Surroundings = answers.value(AskSurroundings(machine)) or Surroundings()
    speaks = refusals(machine, around, for_change=Intervention.ACCESS, planned_id=machine.id, now=now)
    return Known(
        catalogue=catalogue,
        grantable=accepted,
        machine_id=machine.id,
        machine_name=machine.name,
        scope_change=_change(case, answers, machine, catalogue),
        preconditions=speaks,
    )


def _change(case: Case, answers: Answers, machine: Machine, catalogue: Catalogue | None) -> ScopeChange:
    held = {
        email: _held(answers, machine, email, catalogue) for email in (machine.account, *case.ours.attachable) if email
    }
    offers = [Attachable(email=email, roles=held.get(email)) for email in case.ours.attachable]
    own = held.get(machine.account or "")
    return choose_change(machine, scope_need(case), own, attachable=offers)


def _held(answers: Answers, machine: Machine, email: str, catalogue: Catalogue | None) -> tuple[HeldRole, ...] | None:
    """The roles an account has on the machine's project with what they hold now; None where that cannot be told."""
    policy = answers.value(policy_of(machine))
    if policy is None:
        return None
    return tuple(
        HeldRole(_definition(answers, role, catalogue), policy.resource) for _, role in roles_in(policy, {email})
    )


def _definition(answers: Answers, role: Role, catalogue: Catalogue | None) -> RoleDefinition:
    """A role as Google lists it now, else as the catalogue has it, else by name alone: of unknown content."""
    live: RoleDefinition | None = answers.value(AskRole(role))
    known = catalogue.role(role) if live is None and catalogue is not None else None
    return live or known or RoleDefinition(name=role)
