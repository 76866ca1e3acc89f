"""Policy Troubleshooter v3: whether somebody has a permission on a resource, and which binding or rule says so.

Source: policytroubleshooter v3, TroubleshootIamPolicyResponse. What the asking identity may not see is UNKNOWN there
and UNKNOWN here, never "not granted".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.adapters.asking import asking, limits
from shared.adapters.policies import condition_from
from shared.errors import LookFailed
from shared.model.evidence import NO, UNKNOWN, YES, Verdict
from shared.model.facts import Access, AccessState, BindingSeen, DenySeen
from shared.model.names import Permission, Role

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

ASKED = "ask Policy Troubleshooter for the access"
NEEDED = "serviceusage.services.use"
"""All that the call itself takes (no permission is named for it): what it may see is a matter of its answer."""
TYPES = {
    "storage.googleapis.com": {"buckets": "Bucket", "objects": "Object"},
    "cloudresourcemanager.googleapis.com": {"projects": "Project"},
    "compute.googleapis.com": {"instances": "Instance", "disks": "Disk", "images": "Image", "snapshots": "Snapshot"},
    "bigquery.googleapis.com": {"datasets": "Dataset", "tables": "Table", "routines": "Routine", "models": "Model"},
    "secretmanager.googleapis.com": {"secrets": "Secret", "versions": "SecretVersion"},
    "cloudkms.googleapis.com": {
        "keyRings": "KeyRing",
        "cryptoKeys": "CryptoKey",
        "cryptoKeyVersions": "CryptoKeyVersion",
    },
}
"""What `resource.type` is in conditions for a collection of a service (IAM documentation, "Resource attributes"). Of
other types conditions know nothing, so nothing is told of them, and what a condition asks of them is unknown."""
NUMBERED = ("secretmanager.googleapis.com", "cloudresourcemanager.googleapis.com")
"""The services that write their projects as numbers in `resource.name`; others write them as ids (same page)."""


def access(
    clients: GoogleClients, principal: str, permission: Permission, resource: str, at: datetime | None
) -> Access:
    """Google's answer for a Google account or service account by e-mail, with conditions evaluated at a time.

    Without a time, conditions on the time cannot be told. `unseen` says in words what Google hides without its name.

    Raises:
        NotAllowedToLook: the API cannot be used by us at all.
        LookFailed: no answer, one that contradicts itself, or a question that Google cannot take (another principal).
    """
    request = {
        "access_tuple": {
            "principal": principal,
            "permission": permission,
            "full_resource_name": resource,
            "condition_context": _context(resource, at),
        }
    }
    with asking(ASKED, resource, NEEDED):
        reply = clients.troubleshooter.troubleshoot_iam_policy(request=request, **limits())
        return _read(type(reply).pb(reply), resource)


def _context(resource: str, at: datetime | None) -> dict[str, Any]:
    """What conditions may ask of the call: its time, and the resource by service, type and name."""
    context: dict[str, Any] = {"request": {"receive_time": at}} if at else {}
    host, _, name = resource.removeprefix("//").partition("/")
    parts = name.split("/")
    collection = parts[-2] if len(parts) > 1 else ""
    if host == "storage.googleapis.com" and "/objects/" in name:
        collection = "objects"  # names of objects have slashes of their own
    if collection not in TYPES.get(host, {}):
        return context
    about = {"service": host, "type": f"{host}/{TYPES[host][collection]}"}
    is_spelt_so = parts[1] == "_" or parts[1].isdigit() == (host in NUMBERED)
    return context | {"resource": about | ({"name": name} if is_spelt_so else {})}


def _read(reply: Any, resource: str) -> Access:
    state = _named(reply, "overall_access_state")
    if state not in AccessState.__members__.values():
        raise LookFailed(ASKED, resource, "the answer has no state")
    allow, deny = reply.allow_policy_explanation, reply.deny_policy_explanation
    allowed = _verdict(_named(allow, "allow_access_state"), yes="_STATE_GRANTED", no="_NOT_GRANTED")
    denied = _verdict(_named(deny, "deny_access_state"), yes="_STATE_DENIED", no="_NOT_DENIED")
    if state == AccessState.CAN and (allowed, denied) != (YES, NO):
        raise LookFailed(ASKED, resource, f"the answer contradicts itself: {state}, allow {allowed}, deny {denied}")
    return Access(
        state=AccessState(state),
        allowed=allowed,
        denied=denied,
        bindings=tuple(_bindings(allow)),
        denials=tuple(_denials(deny, denied)),
        unseen=tuple(dict.fromkeys(_unseen(allow, deny, resource))),
    )


def _named(message: Any, field: str) -> str:
    """The name of an enum value; a number that this version of the client does not know has none."""
    kind = message.DESCRIPTOR.fields_by_name[field].enum_type
    known = kind.values_by_number.get(getattr(message, field))
    return str(known.name) if known else ""


def _verdict(state: str, *, yes: str, no: str) -> Verdict:
    if state.endswith(no):
        return NO
    return YES if state.endswith(yes) else UNKNOWN


def _bindings(allow: Any) -> Iterator[BindingSeen]:
    """The bindings that hold the permission or name the member, and those of which both cannot be told."""
    for policy in allow.explained_policies:
        for one in policy.binding_explanations:
            seen = _binding(policy.full_resource_name, one)
            if YES in (seen.has_permission, seen.has_member) or seen.has_permission is seen.has_member is UNKNOWN:
                yield seen


def _binding(resource: str, one: Any) -> BindingSeen:
    condition = condition_from(one, "condition")
    return BindingSeen(
        resource=resource,
        role=Role(one.role),
        grants=_verdict(_named(one, "allow_access_state"), yes="_STATE_GRANTED", no="_NOT_GRANTED"),
        has_permission=_verdict(_named(one, "role_permission"), yes="_PERMISSION_INCLUDED", no="_NOT_INCLUDED"),
        has_member=_verdict(_named(one.combined_membership, "membership"), yes="MEMBERSHIP_MATCHED", no="_NOT_MATCHED"),
        condition=condition,
        condition_holds=_holds(one.condition_explanation) if condition else YES,
    )


def _holds(explanation: Any) -> Verdict:
    """What a condition came to: only a plain true or false decides."""
    if explanation.value.WhichOneof("kind") != "bool_value":
        return UNKNOWN
    return YES if explanation.value.bool_value else NO


def _denials(deny: Any, denied: Verdict) -> Iterator[DenySeen]:
    """The rules that deny; where none is known to, those of which it cannot be told."""
    for resource in deny.explained_resources:
        for policy in resource.explained_policies:
            for rule, explained in zip(policy.policy.rules, policy.rule_explanations, strict=True):
                state = _verdict(_named(explained, "deny_access_state"), yes="_STATE_DENIED", no="_NOT_DENIED")
                if state is denied and state is not NO:
                    yield _denial(policy.policy.name, rule.deny_rule)


def _denial(policy: str, rule: Any) -> DenySeen:
    return DenySeen(
        policy=policy,
        permissions=tuple(rule.denied_permissions),
        principals=tuple(rule.denied_principals),
        exceptions=tuple(rule.exception_principals),
        condition=condition_from(rule, "denial_condition"),
    )


def _unseen(allow: Any, deny: Any, resource: str) -> Iterator[str]:
    """What Google did not let us see: policies (it mostly does not say of which resource), groups and custom roles."""
    for policy in allow.explained_policies:
        if _is_hidden(policy, "allow_access_state") and not policy.HasField("policy"):
            yield policy.full_resource_name or f"an allow policy of {resource} or above it"
        for one in policy.binding_explanations:
            if _is_hidden(one, "allow_access_state"):
                yield from _unseen_in(one)
    for container in deny.explained_resources:
        shown = [one for one in container.explained_policies if one.HasField("policy")]
        whole = len(shown) == len(container.explained_policies) > 0
        if _is_hidden(container, "deny_access_state") and not whole:
            yield container.full_resource_name or f"a deny policy above {resource}"


def _unseen_in(binding: Any) -> Iterator[str]:
    if _named(binding, "role_permission").endswith("_UNKNOWN_INFO"):
        yield f"what {binding.role} holds"
    for name, member in sorted(binding.memberships.items()):
        if _named(member, "membership").endswith("_UNKNOWN_INFO"):
            yield f"who is in {name}"


def _is_hidden(explained: Any, field: str) -> bool:
    return _named(explained, field).endswith("_UNKNOWN_INFO")
