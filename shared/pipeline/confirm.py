"""Case, Answers -> Confirmed: the diagnosis after looking. Where it could not be told, nothing else changes."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from shared.causes import CAUSES
from shared.errors import Unreadable
from shared.evidence import places
from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.evidence.claim import Claim, Stage
from shared.evidence.families import readings
from shared.evidence.questions import AskEntry, AskService
from shared.evidence.who import TOKEN, caller_of, permission_of
from shared.model.denial import Denial
from shared.model.diagnosis import HIGH, Also, Diagnosis, Looked
from shared.model.evidence import NO, UNKNOWN, YES, Finding, Verdict
from shared.model.names import parse_principal
from shared.pipeline.classify import classify
from shared.pipeline.read import read

ITS_OWN_STAGE = {"api.": Stage.API, "cred.scope.": Stage.SCOPE, "cred.lost_token": Stage.MEMORY}
"""Causes that the API front end or the machine decides, with the one stage that can prove them."""


class Confirmed(Struct, frozen=True):
    """A denial with the names that looking added, and its diagnosis with the verdict."""

    denial: Denial
    diagnosis: Diagnosis


def confirm(case: Case, answers: Answers) -> Confirmed:
    """What is known now: the cause proven or another found in its place, refuted, or could not tell."""
    found = readings(case, answers)
    claims = sorted((claim for one in found for claim in one.claims), key=lambda claim: claim.stage)
    true = [claim for claim in claims if claim.verdict is YES]
    decisive = _decisive(case, true)
    copy = _copy(case, answers)
    looked = Looked(
        proven=YES if decisive else _unproven(case, claims),
        why=decisive.why if decisive else _why_not(case, claims),
        findings=(*((copy,) if copy else ()), *(finding for one in found for finding in one.findings)),
        mend=tuple(dict.fromkeys(CAUSES[claim.cause] for claim in true)) if decisive else (),
        copy=copy.verdict if copy else UNKNOWN,
        outside=places.is_outside(case, answers),
    )
    if decisive is None:
        return Confirmed(case.denial, replace(case.diagnosis, looked=looked, against=_against(case, looked)))
    return Confirmed(_named(case, answers), _proven(case, decisive, true, looked))


def _decisive(case: Case, true: list[Claim]) -> Claim | None:
    """The claim that is the cause of this very refusal: where the call was stopped, as far as its entry tells."""
    stage = next((one for prefix, one in ITS_OWN_STAGE.items() if case.cause.startswith(prefix)), None)
    if stage is Stage.API:
        return next((one for one in true if one.stage is stage or one.cause == "iam.propagation"), None)
    if stage is not None:
        return next((one for one in true if one.stage is stage), None)
    first = Stage.PRINCIPAL if case.reached_iam or case.said_by_front_end else Stage.API
    return next((one for one in true if first <= one.stage < Stage.MEMORY), None)


def _unproven(case: Case, claims: list[Claim]) -> Verdict:
    """No, if everything that bears on the cause was seen and speaks against it; else it could not be told."""
    bearing = _bearing(case, claims)
    if not bearing or any(claim.verdict is UNKNOWN for claim in bearing):
        return UNKNOWN
    return NO


def _why_not(case: Case, claims: list[Claim]) -> str:
    bearing = _bearing(case, claims)
    unknown = [claim.why for claim in bearing if claim.verdict is UNKNOWN]
    if unknown:
        return unknown[0]
    return bearing[0].why if bearing else "nothing that was looked at bears on it"


def _bearing(case: Case, claims: list[Claim]) -> list[Claim]:
    """The claims about the cause itself; for what IAM can have refused, every claim but those about memory."""
    stage = next((one for prefix, one in ITS_OWN_STAGE.items() if case.cause.startswith(prefix)), None)
    if stage is not None:
        return [claim for claim in claims if claim.stage is stage]
    return [claim for claim in claims if claim.stage is not Stage.MEMORY]


def _against(case: Case, looked: Looked) -> tuple[str, ...]:
    if looked.proven is NO:
        return (*case.diagnosis.against, looked.why)
    return case.diagnosis.against


def _proven(case: Case, decisive: Claim, true: list[Claim], looked: Looked) -> Diagnosis:
    others = [claim for claim in true if claim.cause != decisive.cause]
    cause = CAUSES[decisive.cause]
    return Diagnosis(
        cause=cause,
        confidence=HIGH,
        also=tuple(Also(claim.cause, f"it is so as well: {claim.why}") for claim in others),
        evidence=(*case.diagnosis.evidence, f"proven: {decisive.why}"),
        against=case.diagnosis.against if cause is case.diagnosis.cause else (),
        next_error=_in_order(looked) or cause.next_error,
        looked=looked,
    )


def _in_order(looked: Looked) -> str | None:
    if len(looked.mend) < 2:
        return None
    return "mend in this order: " + ", then ".join(f"{one.id} ({one.title})" for one in looked.mend)


def _named(case: Case, answers: Answers) -> Denial:
    """The denial with the names that looking added: the machine's account as caller, what would be refused next."""
    denial, names = case.denial, case.denial.names
    caller, permission = caller_of(case, answers), permission_of(case)
    if names.principal is None and caller is not None:
        denial = denial.naming(principal=parse_principal(caller))
    if not names.permissions and permission == TOKEN:
        denial = denial.naming(permissions=(TOKEN,))
    asked = next((one for one in answers if isinstance(one, AskService)), None)
    if names.consumer is None and asked is not None and answers.value(asked) is False:
        denial = denial.naming(consumer=asked.project)
    return denial


def _copy(case: Case, answers: Answers) -> Finding | None:
    """Whether Cloud Logging's own copy says what the delivered entry said, to the last name."""
    if case.key is None:
        return None
    question = AskEntry(case.key.log_name, case.key.insert_id, case.key.at)
    if question not in answers:
        return None
    if unknown := answers.unknown(question):
        return unknown
    data = answers.value(question)
    if data is None:
        said = "no: Cloud Logging has no such entry, so what was delivered was not logged by it"
        return Finding(asked=question.asked, verdict=NO, said=said)
    try:
        same = classify(read(data)) == case.denial
    except Unreadable as error:
        return Finding(asked=question.asked, verdict=UNKNOWN, said=f"its copy cannot be read: {error}")
    said = "its copy says the same" if same else "its copy says something else than what was delivered"
    return Finding(asked=question.asked, verdict=YES if same else NO, said=said)
