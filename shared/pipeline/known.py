"""Case, Answers -> Known: what looking told that a fix has to be planned with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.actions import Known, Reset
from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.evidence.memory import needed, read_serial
from shared.evidence.questions import AskAccess, AskAccount, AskBeat, AskGrantable, AskRole, AskSerial, AskSurroundings
from shared.evidence.scopes import attachable, is_whole, policies_over, roles_in, scope_need
from shared.machines.change import choose_change
from shared.machines.conditions import refusals
from shared.model.evidence import NO
from shared.model.facts import Account, Beat
from shared.model.machine import Attachable, HeldRole, Intervention, Machine, ScopeChange, Surroundings
from shared.model.memory import MemoryStory
from shared.model.names import Role
from shared.model.role import RoleDefinition

if TYPE_CHECKING:
    from shared.grants.catalogue import Catalogue


WRITES = "logging.logEntries.create"
SILENT_FOR = timedelta(minutes=10)
"""From when on agents that were not heard count as silent."""


def known_from(case: Case, answers: Answers, catalogue: Catalogue | None, now: datetime) -> Known:
    """Everything that was answered and that a plan is made of."""
    accepted = {
        one.resource: answers.value(one)
        for one in answers
        if isinstance(one, AskGrantable) and answers.value(one) is not None
    }
    machine: Machine | None = answers.value(case.machine) if case.machine else None
    if machine is None:
        return Known(catalogue=catalogue, grantable=accepted)
    if AskSurroundings(machine) not in answers:
        return Known(
            catalogue=catalogue,
            grantable=accepted,
            machine_id=machine.id,
            machine_name=machine.name,
            reset=_reset(case, answers, machine),
        )
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


def _reset(case: Case, answers: Answers, machine: Machine) -> Reset | None:
    """Whether a kill after which the agents stay silent gives a reason to reset the machine; None where none was seen.

    Ten minutes of silence: an agent starts again by itself, and what is back needs no reset.
    """
    output = next((answers.value(one) for one in answers if isinstance(one, AskSerial)), None)
    story = read_serial(output) if output is not None else None
    if story is None or not story.events:
        return None
    beat: Beat | None = next((answers.value(one) for one in answers if isinstance(one, AskBeat)), None)
    if against := _against_reset(story, beat, machine, case.now) or _may_not_write(answers):
        return Reset(against=against)
    heard = f"{beat.last:%Y-%m-%d %H:%M:%S}" if beat and beat.last else "a day and longer ago"
    return Reset(why=f"an agent was killed for lack of memory and was last heard {heard}")


def _against_reset(story: MemoryStory, beat: Beat | None, machine: Machine, now: datetime) -> str:
    advice = needed(story)
    if advice.restart is NO:
        return advice.restart_why
    if beat is None:
        return "could not tell whether the agents are silent"
    if machine.status != "RUNNING":
        return f"the machine is {machine.status}, and only a running one is reset"
    if beat.last is not None and now - beat.last < SILENT_FOR:
        return f"the agents were heard at {beat.last:%Y-%m-%d %H:%M:%S}: they are back, or were never gone"
    return ""


def _may_not_write(answers: Answers) -> str:
    """Why the agents are silent where IAM is known to keep the machine's account from writing logs, "" where not."""
    asked = (one for one in answers if isinstance(one, AskAccess) and one.permission == WRITES)
    if any((seen := answers.value(one)) is not None and seen.allowed is NO for one in asked):
        return "the agents may not write logs, which is why they are silent: mend that first"
    return ""


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
