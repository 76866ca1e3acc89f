"""Case, Answers -> Known: what looking told that a fix has to be planned with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from shared.actions import Known, Reset
from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.evidence.outgrown import resize_of
from shared.evidence.questions import AskAccount, AskGrantable, AskRole, AskSurroundings, AskUniformAccess
from shared.evidence.scopes import attachable, is_whole, policies_over, roles_in, scope_need, touched_of
from shared.evidence.silence import silence_of
from shared.machines.change import choose_change
from shared.machines.conditions import refusals
from shared.machines.question import Question as AboutMachine
from shared.model.facts import Account
from shared.model.machine import (
    Attachable,
    HeldRole,
    Intervention,
    Machine,
    Outcome,
    Precondition,
    Resize,
    ScopeChange,
    Surroundings,
)
from shared.model.names import Role
from shared.model.role import RoleDefinition
from shared.model.work import Attached

if TYPE_CHECKING:
    from shared.grants.catalogue import Catalogue

STOPS = (Outcome.REFUSE, Outcome.POSTPONE, Outcome.WAIT)


def known_from(case: Case, answers: Answers, catalogue: Catalogue | None) -> Known:
    """Everything that was answered and that a plan is made of."""
    accepted = {
        one.resource: answers.value(one)
        for one in answers
        if isinstance(one, AskGrantable) and answers.value(one) is not None
    }
    lists = (one.bucket for one in answers if isinstance(one, AskUniformAccess) and answers.value(one) is False)
    known = Known(
        catalogue=catalogue,
        grantable=accepted,
        with_lists=frozenset(lists),
        account_ids={one.email: one.unique_id for one in _accounts(answers)},
    )
    machine: Machine | None = answers.value(case.machine) if case.machine else None
    if machine is None:
        return known
    asked_for_roles = policies_over(machine, answers)[0] in answers
    return replace(
        known,
        machine_id=machine.id,
        machine_name=machine.name,
        scope_change=_change(case, answers, machine, catalogue) if asked_for_roles else None,
        preconditions=_speaking(case, answers, machine, Intervention.ACCESS),
        attached=Attached(account=machine.account, scopes=machine.scopes),
        reset=_reset(case, answers, machine),
        resize=_resize(case, answers, machine),
    )


def _accounts(answers: Answers) -> Iterator[Account]:
    """Every service account that was seen, by the address that was asked about."""
    for one in answers:
        if isinstance(one, AskAccount) and (found := answers.value(one)) is not None:
            yield replace(found, email=one.email)


def _speaking(case: Case, answers: Answers, machine: Machine, to: Intervention) -> tuple[Precondition, ...] | None:
    """What speaks against touching a machine; None where nobody asked what stands around it."""
    if AskSurroundings(machine) not in answers:
        return None
    question = AboutMachine(
        machine=machine,
        around=answers.value(AskSurroundings(machine)) or Surroundings(),
        intervention=to,
        planned_id=machine.id,
        now=case.now,
        touched=answers.value(touched_of(case, machine)),
        requesters=frozenset(_requesters(case, machine)),
    )
    return refusals(question)


def _requesters(case: Case, machine: Machine) -> Iterator[str]:
    """Whoever called, and on whose behalf; where the entry names nobody, what runs on the machine."""
    named = case.denial.names.principal
    yield from case.denial.origin.on_behalf
    if named is not None:
        yield named.text
    elif machine.account:
        yield machine.account


def _reset(case: Case, answers: Answers, machine: Machine) -> Reset | None:
    """Whether a kill after which the agents stay silent gives a reason to reset the machine; None where none was."""
    silence = silence_of(case, answers, machine)
    if silence is None or silence.against:
        return Reset(against=silence.against) if silence is not None else None
    found = _speaking(case, answers, machine, Intervention.RESET)
    if found is None:
        return Reset(against="could not tell what stands around the machine")
    against = next((one.said.removesuffix(".") for one in found if one.outcome in STOPS), "")
    return Reset(why=silence.why, against=against)


def _resize(case: Case, answers: Answers, machine: Machine) -> Resize | None:
    """Whether the machine is to be made larger, which does the work of a reset as well; None without a reason."""
    found = resize_of(case, answers, machine)
    if found is None or found.against:
        return found
    speaking = _speaking(case, answers, machine, Intervention.RESIZE)
    if speaking is None:
        return replace(found, against="could not tell what stands around the machine")
    against = next((one.said.removesuffix(".") for one in speaking if one.outcome in STOPS), "")
    return replace(found, against=against, warnings=tuple(one.said for one in speaking if one.outcome is Outcome.T2))


def _change(case: Case, answers: Answers, machine: Machine, catalogue: Catalogue | None) -> ScopeChange:
    usable = [email for email in attachable(case) if _is_usable(answers, email)]
    offers = [Attachable(email=email, roles=_held(answers, machine, email, catalogue)) for email in usable]
    own = _held(answers, machine, machine.account, catalogue) if machine.account else None
    return choose_change(machine, scope_need(case), own, attachable=offers)


def _is_usable(answers: Answers, email: str) -> bool:
    """Whether nothing is known against an account: a missing or disabled one is not offered to a machine."""
    account: Account | None = answers.value(AskAccount(email))
    return not answers.missing(AskAccount(email)) and not (account is not None and account.disabled)


def _held(answers: Answers, machine: Machine, email: str, catalogue: Catalogue | None) -> tuple[HeldRole, ...] | None:
    """What an account may do in the machine's project: the roles with what they hold now; None if not all were seen."""
    if not is_whole(machine, answers):
        return None
    if email != machine.account and answers.value(AskAccount(email)) is None:
        return None
    return tuple(
        HeldRole(_definition(answers, role, catalogue), question.resource)
        for question in policies_over(machine, answers)
        for role in dict.fromkeys(roles_in(answers.value(question), {email}))
    )


def _definition(answers: Answers, role: Role, catalogue: Catalogue | None) -> RoleDefinition:
    """A role as Google lists it now, else as the catalogue has it, else by name alone: of unknown content."""
    live: RoleDefinition | None = answers.value(AskRole(role))
    known = catalogue.role(role) if live is None and catalogue is not None else None
    return live or known or RoleDefinition(name=role)
