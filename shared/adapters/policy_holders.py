"""Where the policy of a resource is read and written: for each type of resource, by the calls it has for that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from msgspec import Struct

from shared.adapters import (
    artifact_registry,
    bigquery,
    cloud_run,
    dataset_edit,
    kms,
    policy_edit,
    pubsub,
    secret_manager,
    storage,
)
from shared.adapters.asking import limits
from shared.adapters.full_names import relative_name
from shared.adapters.iam_accounts import account_name
from shared.adapters.iam_policy import WITH_CONDITIONS
from shared.adapters.writing import headers_of, once
from shared.errors import LookFailed
from shared.model.names import ResourceName

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

PROJECT, ACCOUNT = ("projects",), ("projects", "serviceAccounts")
INSTANCE = ("projects", "zones", "instances")


class Edit(Protocol):
    """How one member is put into a policy of a certain form, and taken out."""

    def has(self, policy: Any, wanted: policy_edit.Wanted) -> bool:
        """Whether it is there."""

    def add(self, policy: Any, wanted: policy_edit.Wanted) -> Any:
        """The policy with it."""

    def remove(self, policy: Any, wanted: policy_edit.Wanted) -> Any:
        """The policy without it."""


class Holder(Struct, frozen=True, kw_only=True):
    """How the policy of one resource is read, edited and written.

    `write` sends a policy with the etag it has, once; `permission` is the beginning of what both calls take. `held`
    gives those of some permissions that we have on the resource ourselves, None where Google offers no such question.
    """

    permission: str
    read: Callable[[], Any]
    write: Callable[[Any], Any]
    edit: Edit
    held: Callable[[list[str]], Iterable[str]] | None = None


def holder_of(clients: GoogleClients, resource: str, reason: str) -> Holder:
    """The holder of the policy of a resource, by its full name; `reason` is sent along with what is written.

    Raises:
        LookFailed: policies of this type of resource are not written here.
    """
    host = resource.removeprefix("//").partition("/")[0]
    if host not in HOLDERS:
        raise LookFailed("change the policy", resource[:200], "policies of this type of resource are not written here")
    try:
        return HOLDERS[host](clients, resource, reason)
    except ValueError as error:
        raise LookFailed("change the policy", resource[:200], str(error)) from error


def _message(client: Callable[[], Any], name: str, permission: str, reason: str) -> Holder:
    """Of a service whose client gives messages of google.iam.v1."""
    asked = {"resource": name, "options": {"requested_policy_version": WITH_CONDITIONS}}

    def held(wanted: list[str]) -> Iterable[str]:
        request = {"resource": name, "permissions": wanted}
        return client().test_iam_permissions(request=request, **limits()).permissions  # type: ignore[no-any-return]

    return Holder(
        permission=permission,
        read=lambda: client().get_iam_policy(request=asked, **limits()),
        write=lambda policy: client().set_iam_policy(request={"resource": name, "policy": policy}, **once(reason)),
        edit=policy_edit,
        held=held,
    )


def _project(clients: GoogleClients, resource: str, reason: str) -> Holder:
    """Of a project; never of a folder or an organisation: nothing here grants above a project."""
    name = relative_name(resource, "cloudresourcemanager.googleapis.com", PROJECT)
    return _message(lambda: clients.projects, name, "resourcemanager.projects", reason)


def _account(clients: GoogleClients, resource: str, reason: str) -> Holder:
    name = relative_name(resource, "iam.googleapis.com", ACCOUNT)
    if name.startswith("projects/-/"):
        name = account_name(name.rpartition("/")[2])
    return _message(lambda: clients.iam_admin, name, "iam.serviceAccounts", reason)


def _pubsub(clients: GoogleClients, resource: str, reason: str) -> Holder:
    name = relative_name(resource, pubsub.HOST, pubsub.TOPIC, pubsub.SUBSCRIPTION)
    kind = name.split("/")[2]
    client = (lambda: clients.publisher) if kind == "topics" else (lambda: clients.subscriber)
    return _message(client, name, f"pubsub.{kind}", reason)


def _secret(clients: GoogleClients, resource: str, reason: str) -> Holder:
    name = relative_name(resource, secret_manager.HOST, secret_manager.SECRET, secret_manager.REGIONAL)
    parts = name.split("/")
    client = (lambda: clients.secrets_in(parts[3])) if parts[2] == "locations" else (lambda: clients.secrets)
    return _message(client, name, "secretmanager.secrets", reason)


def _key(clients: GoogleClients, resource: str, reason: str) -> Holder:
    name = relative_name(resource, kms.HOST, kms.KEY_RING, kms.KEY)
    return _message(lambda: clients.keys, name, f"cloudkms.{name.split('/')[-2]}", reason)


def _repository(clients: GoogleClients, resource: str, reason: str) -> Holder:
    name = relative_name(resource, artifact_registry.HOST, artifact_registry.REPOSITORY)
    return _message(lambda: clients.repositories, name, "artifactregistry.repositories", reason)


def _service(clients: GoogleClients, resource: str, reason: str) -> Holder:
    name = relative_name(resource, cloud_run.HOST, cloud_run.SERVICE)
    return _message(lambda: clients.run_services, name, "run.services", reason)


def _instance(clients: GoogleClients, resource: str, reason: str) -> Holder:
    """Of a virtual machine: Compute Engine has a message of its own, under a wrapper."""
    relative_name(resource, "compute.googleapis.com", INSTANCE)
    named = ResourceName(resource)
    where = {"project": named.project, "zone": named.part("zones"), "resource": named.part("instances")}

    def read() -> Any:
        from google.cloud.compute_v1 import Policy

        asked = {**where, "options_requested_policy_version": WITH_CONDITIONS}
        return Policy.pb(clients.instances.get_iam_policy(request=asked, **limits()))

    def write(policy: Any) -> Any:
        from google.cloud.compute_v1 import Policy, ZoneSetPolicyRequest

        body = ZoneSetPolicyRequest(policy=Policy.wrap(policy))
        request = {**where, "zone_set_policy_request_resource": body}
        return Policy.pb(clients.instances.set_iam_policy(request=request, **once(reason)))

    def held(wanted: list[str]) -> Iterable[str]:
        request = {**where, "test_permissions_request_resource": {"permissions": wanted}}
        return clients.instances.test_iam_permissions(request=request, **limits()).permissions

    return Holder(permission="compute.instances", read=read, write=write, edit=policy_edit, held=held)


def _bucket(clients: GoogleClients, resource: str, reason: str) -> Holder:
    """Of a bucket, as JSON: the client's own methods would sort it and drop what they do not know."""
    name = relative_name(resource, storage.HOST, storage.BUCKET).rpartition("/")[2]
    path = f"/b/{quote(name, safe='')}/iam"
    shown = {"optionsRequestedPolicyVersion": WITH_CONDITIONS}

    def held(wanted: list[str]) -> Iterable[str]:
        asked = {"permissions": wanted}
        return _listed(_ask(clients.storage, method="GET", path=f"{path}/testPermissions", query_params=asked))

    return Holder(
        permission="storage.buckets",
        read=lambda: _ask(clients.storage, method="GET", path=path, query_params=shown),
        write=lambda policy: _send(clients.storage, reason, method="PUT", path=path, data=policy),
        edit=policy_edit,
        held=held,
    )


def _bigquery(clients: GoogleClients, resource: str, reason: str) -> Holder:
    name = relative_name(resource, bigquery.HOST, bigquery.DATASET, bigquery.TABLE)
    return (_dataset if name.count("/") == 3 else _table)(clients, name, reason)


def _table(clients: GoogleClients, name: str, reason: str) -> Holder:
    path, options = f"/{quote(name)}", {"options": {"requestedPolicyVersion": WITH_CONDITIONS}}

    def write(policy: Any) -> Any:
        return _send(clients.bigquery, reason, method="POST", path=f"{path}:setIamPolicy", data={"policy": policy})

    def held(wanted: list[str]) -> Iterable[str]:
        asked = {"permissions": wanted}
        return _listed(_ask(clients.bigquery, method="POST", path=f"{path}:testIamPermissions", data=asked))

    return Holder(
        permission="bigquery.tables",
        read=lambda: _ask(clients.bigquery, method="POST", path=f"{path}:getIamPolicy", data=options),
        write=write,
        edit=policy_edit,
        held=held,
    )


def _dataset(clients: GoogleClients, name: str, reason: str) -> Holder:
    """Of a dataset: its access list, alone, and only if nobody has changed the dataset since it was read."""
    path, version = f"/{quote(name)}", {"accessPolicyVersion": WITH_CONDITIONS}

    def read() -> Any:
        return _ask(clients.bigquery, method="GET", path=path, query_params={**version, "datasetView": "ACL"})

    def write(dataset: Any) -> Any:
        changed = {
            "data": {"access": dataset["access"]},
            "query_params": {**version, "updateMode": "UPDATE_ACL"},
            "headers": {"If-Match": dataset["etag"]},
        }
        return _send(clients.bigquery, reason, method="PATCH", path=path, **changed)

    return Holder(permission="bigquery.datasets", read=read, write=write, edit=dataset_edit)


def _listed(answer: dict[str, Any]) -> list[str]:
    """The permissions of an answer in JSON, which has no such field where there are none."""
    return list(answer.get("permissions", ()))


def _ask(client: Any, **request: Any) -> Any:
    limit = limits()
    ask = limit["retry"](client._connection.api_request)  # noqa: SLF001
    return ask(timeout=limit["timeout"], **request)


def _send(client: Any, reason: str, headers: dict[str, str] | None = None, **request: Any) -> Any:
    sent = {**headers_of(reason), **(headers or {})}
    return client._connection.api_request(timeout=once(reason)["timeout"], headers=sent, **request)  # noqa: SLF001


HOLDERS: dict[str, Callable[[GoogleClients, str, str], Holder]] = {
    "cloudresourcemanager.googleapis.com": _project,
    "iam.googleapis.com": _account,
    storage.HOST: _bucket,
    bigquery.HOST: _bigquery,
    pubsub.HOST: _pubsub,
    secret_manager.HOST: _secret,
    kms.HOST: _key,
    artifact_registry.HOST: _repository,
    cloud_run.HOST: _service,
    "compute.googleapis.com": _instance,
}
"""For each host in full resource names, what finds the holder of a policy."""
