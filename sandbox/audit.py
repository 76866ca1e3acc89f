"""The audit entries that Google writes of a call: who, what, on what, and whether each permission was granted."""

from __future__ import annotations

from sandbox.access import nearest_of
from sandbox.caller import Caller
from sandbox.door import Call, Door, Kind
from sandbox.errors import Refusal
from sandbox.world import Json, World

READS = (Kind.ADMIN_READ, Kind.DATA_READ)
AUDIT_LOG = "type.googleapis.com/google.cloud.audit.AuditLog"
CODES = {"PERMISSION_DENIED": 7, "NOT_FOUND": 5, "ALREADY_EXISTS": 6, "INVALID_ARGUMENT": 3, "FAILED_PRECONDITION": 9,
         "ABORTED": 10, "RESOURCE_EXHAUSTED": 8, "UNAUTHENTICATED": 16, "UNAVAILABLE": 14, "INTERNAL": 13}  # fmt: skip
MONITORED = {
    "buckets": ("gcs_bucket", "bucket_name"),
    "serviceAccounts": ("service_account", "email_id"),
    "topics": ("pubsub_topic", "topic_id"),
    "subscriptions": ("pubsub_subscription", "subscription_id"),
    "datasets": ("bigquery_dataset", "dataset_id"),
    "instances": ("gce_instance", "instance_id"),
    "cryptoKeys": ("cloudkms_cryptokey", "crypto_key_id"),
    "keyRings": ("cloudkms_keyring", "key_ring_id"),
}
"""The monitored resource type for each collection, and the label that names the resource; the first that fits."""
ALSO_LABELLED = {"zones": "zone", "locations": "location", "keyRings": "key_ring_id"}
WHOLE_NAMES = ("topics", "subscriptions")
"""Pub/Sub labels its entries with whole names, not with ids."""
ALWAYS = ("bigquery.googleapis.com",)
"""The services whose data access is always audited (Cloud Audit Logs, "Data Access audit logs")."""
METADATA_SERVER = "compute-system.iam.gserviceaccount.com"


def record(world: World, service: str, door: Door, call: Call, refusal: Refusal | None) -> None:
    """Write the audit entry of a call, if its kind of log is on: Admin Activity always, Data Access as configured.

    What the tool itself looks at is left out: it is not what happens in the organisation.
    """
    permission, resource = door.needs(world, call), door.on(world, call)
    if not permission or (call.caller.is_reader and door.kind is not Kind.ADMIN_WRITE):
        return
    nearest = nearest_of(world, resource)
    owner = nearest.project if nearest else ""
    project = world.project(owner) if owner else None
    if project is None:
        return
    logged = door.kind is Kind.ADMIN_WRITE or service in ALWAYS or project.hidden.get("data_access", True)
    if not logged:
        return
    log = "activity" if door.kind is Kind.ADMIN_WRITE else "data_access"
    payload = {
        "@type": AUDIT_LOG,
        "serviceName": service,
        "methodName": door.rpc,
        "resourceName": resource.removeprefix("//").partition("/")[2],
        "authenticationInfo": authentication(call.caller, redacted=refusal is not None and door.kind in READS),
        "authorizationInfo": _authorizations(door, permission, resource, refusal),
        "requestMetadata": _request_metadata(call),
        "status": status_of(refusal),
        **_what_changed(world, door, resource, refusal),
    }
    entry = {
        "logName": f"projects/{owner}/logs/cloudaudit.googleapis.com%2F{log}",
        "resource": monitored(service, owner, resource, door.rpc),
        "severity": "ERROR" if refusal else ("NOTICE" if log == "activity" else "INFO"),
        "protoPayload": payload,
    }
    whole = door.entry(world, call, entry) if door.entry else entry
    if whole is not None:
        world.log(whole)


def _request_metadata(call: Call) -> Json:
    """Where a call came from, and the reason that was sent with it (X-Goog-Request-Reason)."""
    told: Json = {"callerIp": "203.0.113.7", "callerSuppliedUserAgent": "gl-python/3.11 gccl/3.2"}
    reason = call.headers.get("x-goog-request-reason", "")
    return {**told, "requestAttributes": {"reason": reason}} if reason else told


def status_of(refusal: Refusal | None) -> Json:
    """google.rpc.Status of an entry: empty for success."""
    return {} if refusal is None else {"code": CODES.get(refusal.status, 2), "message": refusal.message}


def authentication(caller: Caller, *, redacted: bool) -> Json:
    """Who called. A user's address is removed from a denied read: Cloud Audit Logs, "Caller identities"."""
    if not caller.email:
        return {"principalSubject": caller.member} if caller.member.startswith("principal") else {}
    is_user = caller.member.startswith("user:")
    if redacted and is_user:
        return {}
    info: Json = {"principalEmail": caller.email, "principalSubject": caller.member}
    chain: list[Json] = [
        {"firstPartyPrincipal": {"principalEmail": one}} if "@" in one else {"principalSubject": one}
        for one in caller.through
    ]
    if caller.by_key:
        info["serviceAccountKeyName"] = f"//iam.googleapis.com/projects/-/serviceAccounts/{caller.email}/keys/1f2e3d"
    if caller.machine:
        chain.append({"firstPartyPrincipal": {"principalEmail": f"service-0@{METADATA_SERVER}"}})
    if chain:
        info["serviceAccountDelegationInfo"] = chain
    return info


def _authorizations(door: Door, permission: str, resource: str, refusal: Refusal | None) -> list[Json]:
    """The checked permissions: the door's own, and the one that a later check refused."""
    refused = refusal.checked if refusal is not None else None
    if refused is None or refused == (permission, resource):
        granted = refusal is None or refusal.status != "PERMISSION_DENIED"
        return [_authorization(door, permission, resource, granted=granted)]
    return [_authorization(door, permission, resource, granted=True), _authorization(door, *refused, granted=False)]


def _authorization(door: Door, permission: str, resource: str, *, granted: bool) -> Json:
    """One checked permission; `granted` is left out where it is false, as Google does."""
    name = resource.removeprefix("//").partition("/")[2]
    checked: Json = {"resource": name, "permission": permission, "permissionType": door.kind.value}
    return {**checked, "granted": True, "resourceAttributes": {}} if granted else {**checked, "resourceAttributes": {}}


def _what_changed(world: World, door: Door, resource: str, refusal: Refusal | None) -> Json:
    """The bindings that a successful SetIamPolicy added and removed (google.iam.v1.logging.AuditData)."""
    if refusal is not None or not door.id.endswith("setIamPolicy"):
        return {}
    changed = world.get(resource)
    if changed is None or not changed.policies:
        return {}
    before = changed.policies[-2][1] if len(changed.policies) > 1 else {}
    old, new = _tuples(before), _tuples(changed.policies[-1][1])
    deltas = [{"action": "ADD", **new[one]} for one in sorted(new.keys() - old.keys())]
    deltas += [{"action": "REMOVE", **old[one]} for one in sorted(old.keys() - new.keys())]
    kind = "type.googleapis.com/google.iam.v1.logging.AuditData"
    return {"serviceData": {"@type": kind, "policyDelta": {"bindingDeltas": deltas}}}


def _tuples(policy: Json) -> dict[tuple[str, str, str], Json]:
    """Each member of each binding as google.iam.v1.BindingDelta, by what tells it from others."""
    found: dict[tuple[str, str, str], Json] = {}
    for one in policy.get("bindings", ()):
        condition = one.get("condition") or {}
        more: Json = {"condition": condition} if condition else {}
        for member in one.get("members", ()):
            told: Json = {"role": one["role"], "member": member, **more}
            found[one["role"], member, condition.get("expression", "")] = told
    return found


def monitored(service: str, project: str, resource: str, method: str = "") -> Json:
    """The monitored resource of an entry: Cloud Logging, "Monitored resources and services"."""
    parts = resource.removeprefix("//").split("/")
    ids = dict(zip(parts[1::2], parts[2::2], strict=False))
    ids |= {one: f"projects/{ids.get('projects')}/{one}/{ids[one]}" for one in WHOLE_NAMES if one in ids}
    for collection, (kind, label) in MONITORED.items():
        if collection in ids:
            labels = {"project_id": project, label: ids[collection]}
            also = {name: ids[other] for other, name in ALSO_LABELLED.items() if other in ids}
            return {"type": kind, "labels": also | labels}
    if service == "run.googleapis.com":
        run = {"service_name": ids.get("services", ""), "location": ids.get("locations", "")}
        return {"type": "cloud_run_revision", "labels": {"project_id": project, **run}}
    if service == "cloudresourcemanager.googleapis.com":
        return {"type": "project", "labels": {"project_id": project}}
    if service == "bigquery.googleapis.com":
        return {"type": "bigquery_project", "labels": {"project_id": project}}
    labels = {"project_id": project, "service": service, **({"method": method} if method else {})}
    return {"type": "audited_resource", "labels": labels}
