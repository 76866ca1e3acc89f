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
    details: list[Any] = []


class AuthenticationInfo(Struct, frozen=True, rename="camel", gc=False):
    """Who called. Google redacts the e-mail of people whose read was refused."""

    principal_email: str = ""
    principal_subject: str = ""
    service_account_key_name: str = ""
    service_account_delegation_info: list[JsonObject] = []


class AuthorizationInfo(Struct, frozen=True, rename="camel", gc=False):
    """One checked permission; `granted` is left out of the JSON when it is false."""

    resource: str = ""
    permission: str = ""
    granted: bool = False
    resource_attributes: JsonObject = {}


class RequestMetadata(Struct, frozen=True, rename="camel", gc=False):
    """How the call came in; the user agent is whatever the caller claims."""

    caller_supplied_user_agent: str = ""


class ProtoPayload(Struct, frozen=True, rename="camel", gc=False):
    """AuditLog, and the App Engine request log whose `status` is an HTTP number."""

    type: str = field(name="@type", default="")
    status: Status | int | None = None
    authentication_info: AuthenticationInfo | None = None
    authorization_info: list[AuthorizationInfo] = []
    request_metadata: RequestMetadata | str | None = None
    service_name: str = ""
    method_name: str = ""
    resource_name: str = ""
    request: Any = None
    response: Any = None
    metadata: Any = None
    policy_violation_info: Any = None


class MonitoredResource(Struct, frozen=True, gc=False):
    """What produced the entry, by type and labels."""

    type: str = ""
    labels: dict[str, str] = {}


class Operation(Struct, frozen=True, gc=False):
    """Ties the first and last entry of a long-running operation together."""

    id: str = ""
    producer: str = ""
    first: bool = False
    last: bool = False


class HttpRequest(Struct, frozen=True, rename="camel", gc=False):
    """The request a front end logged."""

    status: int = 0
    request_method: str = ""
    request_url: str = ""
    user_agent: str = ""
    latency: str = ""


class LogEntry(Struct, frozen=True, rename="camel"):
    """One log entry. `text_payload`, `json_payload` and `proto_payload` exclude each other at Google."""

    insert_id: str = ""
    log_name: str = ""
    timestamp: str = ""
    receive_timestamp: str = ""
    severity: str | int = ""
    resource: MonitoredResource | str | None = None
    labels: dict[str, str] | None = None
    operation: Operation | None = None
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
    name = entry.label("instance_id")
    if entry.resource_type != "gce_instance" or not name:
        return None
    return Instance(entry.label("project_id") or entry.parent.removeprefix("projects/"), entry.label("zone"), name)
