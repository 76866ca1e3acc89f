"""Denial, Diagnosis, Plan and Decision -> Report: everything a person or a program needs to know, in one value."""

from __future__ import annotations

from msgspec.structs import replace

from shared.model.decision import Decision, Mode
from shared.model.denial import TEXT, Denial, NotADenial
from shared.model.diagnosis import Also, Confidence, Diagnosis
from shared.model.evidence import Finding
from shared.model.plan import Plan
from shared.model.report import Report
from shared.renderings.credentials import without_credentials

LONGEST, BEFORE = 400, 120
"""How much of a message is quoted, and how much of that stands before the words that decided, in characters."""
LINKS = ("activationUrl", "containerInfo", "serviceTitle", "troubleshooter_url", "error_info_id")
NOTHING_TO_DECIDE = Decision(Mode.IGNORE, ("not a denial: nothing to decide",))
NOT_READ = Decision(Mode.REFUSE, ("what cannot be read is kept in quarantine and never acted on",))


def report(denial: Denial, diagnosis: Diagnosis, plan: Plan, decision: Decision) -> Report:
    """The full answer for a denial."""
    return Report(
        id=denial.id,
        verdict="denial",
        reason=_clip(diagnosis.cause.explain),
        cause=diagnosis.cause.id,
        title=diagnosis.cause.title,
        confidence=diagnosis.confidence,
        also=diagnosis.also,
        principal=denial.names.principal.text if denial.names.principal else None,
        permissions=denial.names.permissions,
        resource=denial.names.resource.text if denial.names.resource else None,
        service=_service(denial, diagnosis),
        consumer=denial.names.consumer,
        scopes=denial.names.scopes,
        trust=denial.trust,
        evidence=_evidence(denial, diagnosis),
        proven=diagnosis.looked.proven.value if diagnosis.looked is not None else None,
        looks=tuple(_shortened(one) for one in diagnosis.looked.findings) if diagnosis.looked is not None else (),
        next_error=diagnosis.next_error,
        plan=plan.actions,
        decision=decision,
    )


def _service(denial: Denial, diagnosis: Diagnosis) -> str | None:
    """The API that refused; of a text, a cause that only one API knows says more than the command or URL around it."""
    stated, only = denial.names.service, diagnosis.cause.service
    return only or stated if denial.trust is TEXT else stated or only


def report_none(found: NotADenial) -> Report:
    """The answer for an entry that is no denial."""
    also = (Also(found.see, "the page that explains what this is"),) if found.see else ()
    return Report(
        id=found.id,
        verdict="not_a_denial",
        reason=found.reason,
        also=also,
        trust=found.trust,
        confidence=Confidence.HIGH,
        decision=NOTHING_TO_DECIDE,
    )


def report_unreadable(reason: str) -> Report:
    """The answer for input that cannot be read."""
    return Report(id=None, verdict="unreadable", reason=reason, confidence=Confidence.HIGH, decision=NOT_READ)


def _evidence(denial: Denial, diagnosis: Diagnosis) -> tuple[str, ...]:
    said = [_clip(sign) for sign in diagnosis.evidence]
    if denial.message:
        said.append(f"message: {_around(denial.message, diagnosis.evidence[0])}")
    for error in denial.signs.errors:
        details = ", ".join(f"{key}={value}" for key, value in sorted(error.metadata.items()) if key not in LINKS)
        said.append(_clip(f"ErrorInfo {error.reason} of {error.domain or 'no domain'}: {details or 'no metadata'}"))
    if denial.origin.by_key:
        said.append("the call was made with a service account key, not with a machine's own credential")
    if denial.origin.on_behalf:
        said.append("on behalf of: " + " > ".join(denial.origin.on_behalf))
    said.extend(denial.evidence)
    said.extend(f"against: {one}" for one in diagnosis.against)
    return tuple(said)


def _shortened(finding: Finding) -> Finding:
    return replace(finding, asked=_clip(finding.asked), said=_clip(finding.said))


def _around(message: str, sign: str) -> str:
    """The part of a long message around the words that decided, without any credential that stands in it."""
    message, sign = without_credentials(message), without_credentials(sign)
    at = message.find(sign.removeprefix("the words: ")[:40])
    start = max(0, at - BEFORE)
    part = message[start : start + LONGEST]
    return f"{'…' if start else ''}{part}{'…' if start + LONGEST < len(message) else ''}"


def _clip(text: str) -> str:
    text = without_credentials(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
