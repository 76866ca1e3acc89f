"""The machine web-1 of project acme-web, with an account that may only read buckets: what most machine tests are about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from google.cloud import compute_v1
from google.oauth2.credentials import Credentials
from worlds import Cloud, add_account, add_bucket, grant

from sandbox.machines import add_machine
from sandbox.world import CRM, Resource
from shared.adapters.google_clients import GoogleClients

AT = ("acme-web", "europe-west1-b", "web-1")
ZONE = {"project": "acme-web", "zone": "europe-west1-b"}
WEB = {**ZONE, "instance": "web-1"}
ZONE_PATH, REGION = "projects/acme-web/zones/europe-west1-b", "projects/acme-web/regions/europe-west1"
NAME = f"//compute.googleapis.com/{ZONE_PATH}/instances/web-1"
LINK = "https://www.googleapis.com/compute/v1"
EMAIL = "web@acme-web.iam.gserviceaccount.com"
AUTH = "https://www.googleapis.com/auth/"
ANN = "user:ann@example.com"
READ_ONLY, PLATFORM = f"{AUTH}devstorage.read_only", f"{AUTH}cloud-platform"


def web(cloud: Cloud, **more: Any) -> Resource:
    """Put web-1 into the world, its account and the bucket `photos` as well."""
    add_account(cloud.world, EMAIL)
    add_bucket(cloud.world, "photos")
    return add_machine(cloud.world, "web-1", project="acme-web", account=EMAIL, scopes=(READ_ONLY,), **more)


def other_client(cloud: Cloud, kind: Any) -> Any:
    """A client of the reader that `GoogleClients` does not hold."""
    transport = kind.get_transport_class("rest")
    return kind(transport=transport(host=cloud.endpoint, url_scheme="http", credentials=Credentials("reader")))


def later(cloud: Cloud, **by: float) -> None:
    """Move the sandbox's time on: `minutes=5`."""
    cloud.world.clock.turn(timedelta(**by))


def ann(cloud: Cloud, *permissions: str) -> GoogleClients:
    """The clients of Ann, who has these permissions on the project."""
    role = "projects/acme-web/roles/operator"
    cloud.world.roles[role] = {"name": role, "includedPermissions": list(permissions)}
    grant(cloud.world, f"{CRM}/projects/acme-web", role, ANN)
    return cloud.clients(f"as:{ANN}")


def stop(cloud: Cloud, **more: Any) -> compute_v1.Operation:
    return cloud.clients().instances.stop_unary(request={**WEB, **more})


def start(cloud: Cloud) -> compute_v1.Operation:
    return cloud.clients().instances.start_unary(**WEB)


def asked(cloud: Cloud, operation: compute_v1.Operation) -> compute_v1.Operation:
    """The operation as it is now."""
    return cloud.clients().zone_operations.get(**ZONE, operation=operation.name)


def codes(operation: compute_v1.Operation) -> list[str]:
    return [one.code for one in operation.error.errors]
