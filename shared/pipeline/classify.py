"""LogEntry -> Denial | NotADenial: the shape reads what is stated, then the words decide what structure left open."""

from __future__ import annotations

from msgspec.structs import replace

from shared.causes import BY_ERROR, BY_LEGACY, CAUSES, listen
from shared.grants.prefixes import is_googles
from shared.grants.services import service_of
from shared.model.denial import AUDIT, TEXT, Denial, Heard, Names, NotADenial
from shared.model.log_entry import LogEntry
from shared.model.names import (
    Permission,
    Principal,
    PrincipalKind,
    ResourceName,
    parse_permission,
    parse_principal,
    parse_resource,
)
from shared.renderings.admission import ADMISSION, is_admission
from shared.renderings.vendors import Vendor, vendor_of
from shared.shapes import shape_of

DRY_RUN = "(Dry Run Mode)"


def classify(entry: LogEntry) -> Denial | NotADenial:
    """The denial an entry states, or the reason why it states none."""
    shape = shape_of(entry)
    if shape is None:
        return _without_payload(entry)
    read = shape.read(entry)
    if isinstance(read, NotADenial):
        return read
    if DRY_RUN in read.message:
        reason = "a dry-run perimeter only reports what it would refuse; this call went through"
        return NotADenial(id=read.id, reason=reason, see="perimeter.vpcsc", trust=read.trust)
    if _is_settled(read):
        return read
    if is_admission(read.message):
        return NotADenial(id=read.id, reason=ADMISSION, see="gke.rbac", trust=read.trust)
    heard = listen(read.message) if read.message else ()
    return _no_refusal(read, heard) or _completed(read, heard)


def _without_payload(entry: LogEntry) -> Denial | NotADenial:
    """What a notification of an alert counts, for which nothing is loaded before one comes; an entry says nothing."""
    if type(entry) is LogEntry:
        return NotADenial(id=entry.insert_id or None, reason="the entry carries nothing that could be a refusal")
    from shared.pipeline.incident import denial_of

    return denial_of(entry)


def _is_settled(denial: Denial) -> bool:
    """Whether structure alone tells the cause and its names, so that the words need no reading."""
    told = denial.signs.errors or denial.signs.marks
    return denial.trust is AUDIT and bool(told) and denial.status == "PERMISSION_DENIED"


def _no_refusal(denial: Denial, heard: tuple[Heard, ...]) -> NotADenial | None:
    """Why the entry states no refusal, or None if it does."""
    signs = denial.signs
    if signs.marks or signs.violations or any(error.reason in BY_ERROR for error in signs.errors):
        return None
    if any(reason in BY_LEGACY for reason in signs.reasons):
        return None
    refused = denial.status == "PERMISSION_DENIED"
    vendor = _vendor(denial, heard)
    google = vendor is Vendor.GOOGLE
    likely = google or (refused and vendor is Vendor.UNKNOWN)
    counted = [one for one in heard if one.refusal and (google or not one.anyones or (likely and one.weight > 1))]
    if denial.names.permissions and not refused and not any(map(is_googles, denial.names.permissions)):
        counted = [one for one in counted if one.cause != "iam.unconfirmed"]  # "is missing some.dotted.word"
    strong = any(one.weight > 1 for one in counted)
    if strong or (refused and google) or (not denial.status and counted):
        return None
    see = next((one.cause for one in heard if not one.refusal), None)
    if refused:
        reason = "a 403 without any sign of Google Cloud: the application's own, or another vendor's"
        return NotADenial(id=denial.id, reason=reason, see="app.own_403", trust=denial.trust)
    return NotADenial(id=denial.id, reason=_reason(denial, see), see=see, trust=denial.trust)


def _reason(denial: Denial, see: str | None) -> str:
    if see:
        return f"no call was refused for lack of access; what it shows is explained by: {CAUSES[see].title}"
    if denial.status and denial.status != "OK":
        return f"a failure with status {denial.status}, which is not a refusal of access"
    return "nothing in it says that a call was refused"


def _vendor(denial: Denial, heard: tuple[Heard, ...]) -> Vendor:
    """Whose refusal it is: by Google's own logs, reasons, names and sentences, then by the words of the text."""
    own_words = any(one.weight == 3 and one.refusal and not one.anyones for one in heard)
    own_log = denial.trust is not TEXT and denial.status == "PERMISSION_DENIED"
    if own_words or own_log or denial.signs.errors or any(map(is_googles, denial.names.permissions)):
        return Vendor.GOOGLE
    vendor = vendor_of(denial.message)
    if vendor is Vendor.UNKNOWN and denial.names.permissions:
        return Vendor.OTHER
    return Vendor.GOOGLE if vendor is Vendor.UNKNOWN and denial.names.service else vendor


def _completed(denial: Denial, heard: tuple[Heard, ...]) -> Denial:
    """The denial with the gaps filled by what its sentences name, strongest first."""
    told: dict[str, str] = {}
    for one in heard:
        told = {**one.groups, **told}
    names = denial.names
    stated = parse_permission(told.get("permission", ""))
    permissions = names.permissions or ((stated,) if stated else ())
    consumer = names.consumer or _project(told.get("consumer"))
    completed = replace(
        names,
        principal=_principal(denial, told),
        permissions=permissions,
        resource=_resource(names, told, permissions, consumer),
        service=_service(denial, told, permissions),
        consumer=consumer,
        account=told.get("account") or names.account,
    )
    return replace(denial, names=completed, signs=replace(denial.signs, heard=heard))


def _principal(denial: Denial, told: dict[str, str]) -> Principal | None:
    """Who lacks something: an agent named in a text comes before the caller it names, but not before an audit's."""
    found = denial.names.principal
    if told.get("agent") and (found is None or denial.trust is TEXT):
        found = parse_principal(told["agent"])
    elif found is None and told.get("principal"):
        found = parse_principal(told["principal"])
    return None if found is not None and found.kind is PrincipalKind.ANONYMOUS else found


def _resource(
    names: Names, told: dict[str, str], permissions: tuple[Permission, ...], consumer: str | None
) -> ResourceName | None:
    account = told.get("account") or names.account
    about_account = bool(permissions) and permissions[0].startswith("iam.serviceAccounts.")
    if account and about_account and not (names.resource and names.resource.part("serviceAccounts")):
        return ResourceName(account)
    named = told.get("resource") or told.get("account") or _project(told.get("project")) or consumer
    return names.resource or (parse_resource(named) if named else None)


def _service(denial: Denial, told: dict[str, str], permissions: tuple[Permission, ...]) -> str | None:
    errors = denial.signs.errors
    stated = next((error.metadata["service"] for error in errors if error.metadata.get("service")), None)
    if found := stated or told.get("service"):
        return found
    if denial.trust is not TEXT and denial.names.service:
        return denial.names.service
    if permissions:
        return service_of(permissions[0])
    domain = next((error.domain for error in errors if error.domain.endswith(".googleapis.com")), None)
    return domain or denial.names.service


def _project(name: str | None) -> str | None:
    if not name:
        return None
    name = name.removeprefix("project:").removeprefix("project_number:").removeprefix("projects/")
    return f"projects/{name}"
