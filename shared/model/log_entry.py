"""The part of a Cloud Logging LogEntry that decides: typed, so that a wrong type is a clear reason and not a surprise.

Field names and meanings: google/logging/v2/log_entry.proto and google/cloud/audit/audit_log.proto (REST names).
Free-form parts (request, response, metadata) stay plain JSON and are read with care by the shape that knows them.
A field that some exporters replace by the text "..." is allowed to be a string and then counts as absent.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from shared.model.denial import Instance

JsonObject = dict[str, Any]


class Status(Struct, frozen=True, gc=False):
    """google.rpc.Status: `code` is the canonical gRPC number, 0 when the call succeeded."""

    code: int = 0
    message: str = ""
    details: Any = None


class Party(Struct, frozen=True, rename="camel", gc=False):
    """A Google identity, by its e-mail address."""

    principal_email: str = ""


class Delegation(Struct, frozen=True, rename="camel", gc=False):
    """One link of a chain of delegation."""

    first_party_principal: Party | None = None
    principal_subject: str = ""


class AuthenticationInfo(Struct, frozen=True, rename="camel", gc=False):
    """Who called. Google redacts the e-mail of people whose read was refused."""

    principal_email: str = ""
    principal_subject: str = ""
    service_account_key_name: str = ""
    service_account_delegation_info: list[Delegation] = []


class ResourceAttributes(Struct, frozen=True, gc=False):
    """The checked resource again, by its attributes."""

    name: str = ""


class AuthorizationInfo(Struct, frozen=True, rename="camel", gc=False):
    """One checked permission; `granted` is left out of the JSON when it is false."""

    resource: str = ""
    permission: str = ""
    granted: bool = False
    resource_attributes: ResourceAttributes | None = None


class ProtoPayload(Struct, frozen=True, rename="camel", gc=False):
    """AuditLog, and the App Engine request log whose `status` is an HTTP number."""

    type: str = field(name="@type", default="")
    status: Status | int | None = None
    authentication_info: AuthenticationInfo | None = None
    authorization_info: list[AuthorizationInfo] = []
    service_name: str = ""
    method_name: str = ""
    resource_name: str = ""
    response: Any = None
    metadata: Any = None
    policy_violation_info: Any = None


class MonitoredResource(Struct, frozen=True, gc=False):
    """What produced the entry, by type and labels."""

    type: str = ""
    labels: dict[str, str] = {}


class HttpRequest(Struct, frozen=True, rename="camel", gc=False):
    """The request a front end logged."""

    status: int = 0
    request_method: str = ""
    latency: str = ""


class LogEntry(Struct, frozen=True, rename="camel"):
    """One log entry. `text_payload`, `json_payload` and `proto_payload` exclude each other at Google."""

    insert_id: str = ""
    log_name: str = ""
    timestamp: str = ""
    resource: MonitoredResource | str | None = None
    labels: dict[str, str] | None = None
    http_request: HttpRequest | None = None
    proto_payload: ProtoPayload | None = None
    json_payload: JsonObject | None = None
    text_payload: str | None = None

    @property
    def log_id(self) -> str:
        """The log's id with its slash decoded, such as `cloudaudit.googleapis.com/activity`."""
        return self.log_name.rpartition("/logs/")[2].replace("%2F", "/")

    @property
    def parent(self) -> str:
        """What owns the log: `projects/p`, `organizations/1`, `folders/2` or `billingAccounts/3`."""
        return self.log_name.partition("/logs/")[0]

    @property
    def resource_type(self) -> str:
        """The monitored resource's type, empty when the entry has none."""
        return self.resource.type if isinstance(self.resource, MonitoredResource) else ""

    def label(self, key: str) -> str:
        """A label of the monitored resource, empty when the entry has none."""
        return self.resource.labels.get(key, "") if isinstance(self.resource, MonitoredResource) else ""


def instance_of(entry: LogEntry) -> Instance | None:
    """The virtual machine whose logs the entry belongs to, if its resource is one."""
    resource = entry.resource
    if not isinstance(resource, MonitoredResource) or resource.type != "gce_instance":
        return None
    labels = resource.labels
    name = labels.get("instance_id")
    if not name:
        return None
    return Instance(labels.get("project_id") or entry.parent.removeprefix("projects/"), labels.get("zone", ""), name)
