"""Case, Answers -> Confirmed: the diagnosis after looking. Where it could not be told, nothing else changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.causes import CAUSES, by_permission
from shared.errors import Unreadable
from shared.evidence import apis, families, places
from shared.evidence.answers import Answers
from shared.evidence.case import MOST_CHECKED, Case
from shared.evidence.claim import Claim, Stage
from shared.evidence.ladder import MISSING
from shared.evidence.questions import AskEntry
from shared.evidence.who import caller_of
from shared.model.denial import Denial
from shared.model.diagnosis import HIGH, Also, Cause, Diagnosis, Looked
from shared.model.evidence import NO, UNKNOWN, YES, Finding, Verdict
from shared.model.names import ResourceName, parse_principal
from shared.pipeline.classify import classify
from shared.pipeline.read import read
from shared.renderings.fold import visible

ITS_OWN_STAGE = {
    "api.": Stage.API,
    "cred.scope.": Stage.SCOPE,
    "principal.": Stage.PRINCIPAL,
    "project.invalid": Stage.EXISTENCE,
    "cred.lost_token": Stage.MEMORY,
}
"""Causes that the API front end or the machine decides, with the one stage that can prove them."""
ONLY_A_PERSON = (Stage.PRINCIPAL, Stage.EXISTENCE, Stage.DENY)
LONGEST, MOST_FINDINGS = 400, 48
"""What Google answers is as long as whoever wrote it wanted."""
LAG = timedelta(minutes=2)
"""For how long after its time an entry that is not found proves nothing: logs are searchable with a delay."""
GUESSED = "the entry names no caller: taken to be the account of the machine that wrote it"


class Confirmed(Struct, frozen=True):
    """A denial with the names that looking added, and its diagnosis with the verdict."""

    denial: Denial
    diagnosis: Diagnosis


def confirm(case: Case, answers: Answers) -> Confirmed:
    """What is known now: the cause proven or another found in its place, refuted, or could not tell."""
    found = families.reading(case, answers)
    claims = sorted((_short(claim) for claim in found.claims), key=lambda claim: claim.stage)
    true = [claim for claim in claims if claim.verdict is YES]
    decisive = _decisive(case, true)
    copy = _copy(case, answers)
    verdict, why = (YES, decisive.why) if decisive else _unproven(case, claims)
    looked = Looked(
        proven=verdict,
        why=why,
        findings=_findings([*([copy] if copy else []), *found.findings, *answers.untold()]),
        mend=_to_mend(true) if decisive else (),
        copy=copy.verdict if copy else UNKNOWN,
        outside=places.is_outside(case, answers),
        decided=next((claim.decided for claim in true if claim.decided), ""),
    )
    if decisive is None:
        against = (looked.why,) if verdict is NO else ()
        diagnosis = replace(case.diagnosis, looked=looked, against=(*case.diagnosis.against, *against))
        return Confirmed(case.denial, diagnosis)
    return Confirmed(_named(case, answers, claims), _proven(case, answers, decisive, true, looked))


def _decisive(case: Case, true: list[Claim]) -> Claim | None:
    """The claim that is the cause of this very refusal: where the call was stopped, as far as its entry tells."""
    own = _own_stage(case)
    if own is not None:
        return next((claim for claim in true if claim.stage is own), None)
    first = Stage.PRINCIPAL if case.reached_iam or case.said_by_front_end else Stage.API
    return next((claim for claim in true if first <= claim.stage <= Stage.ALLOW), None)


def _unproven(case: Case, claims: list[Claim]) -> tuple[Verdict, str]:
    """No, if everything that bears on the cause was seen and speaks against it; else it could not be told."""
    stage = _own_stage(case) or Stage.ALLOW
    bearing = [claim for claim in claims if claim.stage is stage]
    unknown = next((claim for claim in bearing if claim.verdict is UNKNOWN), None)
    if unknown is not None:
        return UNKNOWN, unknown.why
    if not bearing or (stage is Stage.ALLOW and len(bearing) < len(case.checked[:MOST_CHECKED])):
        return UNKNOWN, "nothing that was looked at bears on it"
    return NO, bearing[0].why


def _to_mend(true: list[Claim]) -> tuple[Cause, ...]:
    """The causes to mend, in order; none behind a stop that only a person lifts: no role for a disabled account."""
    stop = next((claim.stage for claim in true if claim.stage in ONLY_A_PERSON), Stage.MEMORY)
    due = (_cause_of(claim) for claim in true if claim.stage <= stop or claim.stage is Stage.MEMORY)
    return tuple({cause.id: cause for cause in due}.values())


def _own_stage(case: Case) -> Stage | None:
    return next((stage for prefix, stage in ITS_OWN_STAGE.items() if case.cause.startswith(prefix)), None)


def _proven(case: Case, answers: Answers, decisive: Claim, true: list[Claim], looked: Looked) -> Diagnosis:
    cause = _cause_of(decisive)
    others = {one.cause: one for one in true if one.cause != decisive.cause}
    guessed = (GUESSED,) if case.denial.names.principal is None and caller_of(case, answers) else ()
    return Diagnosis(
        cause=cause,
        confidence=HIGH,
        also=tuple(Also(_cause_of(one).id, f"it is so as well: {one.why}") for one in others.values()),
        evidence=(*case.diagnosis.evidence, f"proven: {decisive.why}", *guessed),
        against=case.diagnosis.against if cause is case.diagnosis.cause else (),
        next_error=_in_order(looked) or cause.next_error,
        looked=looked,
    )


def _cause_of(claim: Claim) -> Cause:
    """The cause of a claim; of a missing role, the one that owns the permission, if one does."""
    owner = by_permission(claim.permission) if claim.cause == MISSING and claim.permission else None
    return owner or CAUSES[claim.cause]


def _in_order(looked: Looked) -> str | None:
    if len(looked.mend) < 2:
        return None
    return "mend in this order: " + ", then ".join(f"{one.id} ({one.title})" for one in looked.mend)


def _named(case: Case, answers: Answers, claims: list[Claim]) -> Denial:
    """The denial with what looking added: the caller, what would be refused next; without what is granted by now."""
    denial, names = case.denial, case.denial.names
    caller = caller_of(case, answers)
    if names.principal is None and caller is not None:
        denial = denial.naming(principal=parse_principal(caller))
    told = {claim.permission: claim.verdict for claim in claims if claim.stage is Stage.ALLOW}
    open_ = (YES, UNKNOWN, None) if names.permissions else (YES,)
    missing = tuple(dict.fromkeys(one.permission for one in case.checked if told.get(one.permission) in open_))
    if missing and missing != names.permissions:
        denial = denial.naming(
            permissions=missing, checks=tuple(one for one in names.checks if one.permission in missing)
        )
    on = next((one.target for one in case.checked if one.permission in missing and one.target), None)
    if names.resource is None and names.account is None and on is not None:
        denial = denial.naming(resource=ResourceName(on))
    api = apis.service_of(case, answers)
    if names.consumer is None and api is not None and answers.value(api) is False:
        denial = denial.naming(consumer=api.project)
    return denial


def _copy(case: Case, answers: Answers) -> Finding | None:
    """Whether Cloud Logging's own copy says what the delivered entry said, to the last name."""
    for question in families.entry_of(case):
        if question in answers:
            return answers.unknown(question) or _compared(case, question, answers.value(question))
    return None


def _compared(case: Case, question: AskEntry, data: bytes | None) -> Finding:
    if data is None and case.now - case.at < LAG:
        said = "Cloud Logging has no such entry yet; what was written moments ago may not be found at once"
        return Finding(asked=question.asked, verdict=UNKNOWN, said=said)
    if data is None:
        said = "no: Cloud Logging has no such entry: it was not logged by it, or is kept out of storage"
        return Finding(asked=question.asked, verdict=NO, said=said)
    try:
        same = classify(read(data)) == case.denial
    except Unreadable as error:
        return Finding(asked=question.asked, verdict=UNKNOWN, said=f"its copy cannot be read: {error}")
    said = "its copy says the same" if same else "its copy says something else than what was delivered"
    return Finding(asked=question.asked, verdict=YES if same else NO, said=said)


def _findings(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, as it can be shown."""
    shown = (replace(one, asked=_shown(one.asked), said=_shown(one.said)) for one in found)
    return tuple(dict.fromkeys(shown))[:MOST_FINDINGS]


def _short(claim: Claim) -> Claim:
    return replace(claim, why=_shown(claim.why))


def _shown(text: str) -> str:
    text = visible(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
