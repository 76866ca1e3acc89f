"""Policies and access lists as Google answers with them, of any shape, and what may be added to them: for properties."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from shared.model.effect import AddBinding, RemoveBinding
from shared.model.facts import Condition
from shared.model.names import Role

ON = "//example.googleapis.com/projects/p"
OURS = "serviceAccount:up@acme-web.iam.gserviceaccount.com"
CREATOR = Role("roles/storage.objectCreator")
ROLES = (CREATOR, Role("roles/viewer"), Role("roles/bigquery.dataViewer"), Role("organizations/1/roles/own"))
MEMBERS = (
    "user:ann@example.com",
    "serviceAccount:other@acme-web.iam.gserviceaccount.com",
    "group:team@example.com",
    "domain:example.com",
    "allAuthenticatedUsers",
    "projectOwner:acme-web",
    "deleted:serviceAccount:up@acme-web.iam.gserviceaccount.com?uid=123456789012345678901",
    "deleted:user:bob@example.com?uid=987654321098765432109",
    "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/P/subject/Ann",
    "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/P/*",
    "futureKind:something/that?nobody knows yet",
)
ENDS = Condition(title="unforbid r-1", expression='request.time < timestamp("2026-12-01T00:00:00Z")', description="d")
CONDITIONS = (
    None,
    ENDS,
    Condition(title="unforbid r-2", expression=ENDS.expression, description="d"),
    Condition(title="unforbid r-1", expression=ENDS.expression),
    Condition(title="unforbid r-1", expression="true", description="d"),
)
"""None of the last four is the condition that is added: they differ from it in one field each."""


def binding(role: str, members: list[str], condition: Condition | None) -> dict[str, Any]:
    made: dict[str, Any] = {"role": role, "members": members}
    if condition is not None:
        written = {"title": condition.title, "expression": condition.expression, "description": condition.description}
        made["condition"] = {name: value for name, value in written.items() if value}
    return made


bindings = st.builds(
    binding,
    st.sampled_from(ROLES),
    st.lists(st.sampled_from(MEMBERS), min_size=1, max_size=6),
    st.sampled_from(CONDITIONS),
)
AUDITED = [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ", "exemptedMembers": ["user:x@y.z"]}]}]


@st.composite
def policies(draw: Any) -> dict[str, Any]:
    """A policy as JSON: bindings in any order, the same role and condition twice, members twice, fields to come."""
    held = draw(st.lists(bindings, max_size=12))
    policy: dict[str, Any] = {"version": 3 if any("condition" in one for one in held) else 1, "etag": "BwX="}
    if held:
        policy["bindings"] = held
    if draw(st.booleans()):
        policy["auditConfigs"] = AUDITED
    return policy


future = st.dictionaries(st.sampled_from(("kind", "resourceId", "newField")), st.text(max_size=5), max_size=3)
adds = st.builds(
    AddBinding,
    resource=st.just(ON),
    role=st.sampled_from(ROLES),
    member=st.sampled_from(
        (OURS, "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/P/subject/Bob")
    ),
    condition=st.sampled_from(CONDITIONS),
)


def inverse(add: AddBinding) -> RemoveBinding:
    return RemoveBinding(resource=add.resource, role=add.role, member=add.member, condition=add.condition)
