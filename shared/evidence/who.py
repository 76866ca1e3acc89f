"""Who made a call: as the entry names the caller, completed by what was already answered."""

from __future__ import annotations

from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.model.names import Principal, parse_principal

GOOGLE, ACCOUNTS = "principal://goog/subject/", "principal://iam.googleapis.com/projects/-/serviceAccounts/"
POOL, SUBJECT = ".svc.id.goog[", "/subject/ns/"
EVERYONE = "principalSet://goog/public:all"


def caller_of(case: Case, answers: Answers) -> str | None:
    """The address of the caller: as the entry names it, else the account of the machine that wrote the entry."""
    if case.caller is not None or case.denial.names.principal is not None:
        return case.caller
    if case.from_machine and case.machine is not None:
        machine = answers.value(case.machine)
        return machine.account if machine is not None else None
    return None


def principal_of(case: Case, answers: Answers) -> Principal | None:
    """The caller of any kind that can stand in a policy, federated identities included."""
    named = case.denial.names.principal
    if named is not None:
        return named if named.member else None
    caller = caller_of(case, answers)
    return parse_principal(caller) if caller else None


def member_of(caller: str) -> str:
    """The caller as members of allow policies are written."""
    return parse_principal(caller).member or caller


def is_member(member: str, principal: Principal) -> bool:
    """Whether a member of a policy is this very principal, in either way of writing a Kubernetes account."""
    return member == principal.member or (bool(_workload(member)) and _workload(member) == _workload(principal.text))


def names_denied(name: str, principal: Principal) -> bool:
    """Whether a name in a deny policy is this very principal, or everybody (iam v2, "Principal identifiers")."""
    return name == EVERYONE or name in (
        principal.text,
        f"{GOOGLE}{principal.text}",
        f"{ACCOUNTS}{principal.text}",
    )


def _workload(text: str) -> tuple[str, str, str] | None:
    """Pool, namespace and name of a Kubernetes account, from the old or the new form of its identifier."""
    pool, old, account = text.removeprefix("serviceAccount:").partition(POOL)
    if old:
        namespace, _, name = account.removesuffix("]").partition("/")
        return pool, namespace, name
    path, new, account = text.partition(SUBJECT)
    namespace, _, name = account.partition("/sa/")
    return (path.rpartition("/")[2].removesuffix(".svc.id.goog"), namespace, name) if new and name else None
