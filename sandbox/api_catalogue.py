"""The APIs that exist: their titles, what each needs, and which only work in a project with billing."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterable
from functools import cache
from urllib.parse import urlsplit

END = ".googleapis.com"
WITHOUT_DOCUMENT = {
    "aiplatform": "Vertex AI API",
    "bigquerystorage": "BigQuery Storage API",
    "containerregistry": "Container Registry API",
    "oslogin": "Cloud OS Login API",
    "telemetry": "Telemetry API",
    "vpcaccess": "Serverless VPC Access API",
}
"""APIs that are switched like all others but are not in the client library's list of documents."""
_NEEDS = {
    "bigquerystorage": ("bigquery",),
    "composer": ("container", "sqladmin"),
    "compute": ("oslogin",),
    "container": ("compute", "artifactregistry"),
    "containerregistry": ("pubsub",),
    "dataflow": ("compute",),
    "dataproc": ("compute",),
    "notebooks": ("compute",),
    "run": ("containerregistry",),
}
"""Some of what Google switches on together; `services disable` refuses with these names."""
_BILLED = (
    "aiplatform artifactregistry cloudbuild cloudkms composer compute container containerregistry dataflow dataproc"
)
BILLED = frozenset(f"{name}{END}" for name in (*_BILLED.split(), "run", "secretmanager", "sqladmin", "vision"))
"""Some of the APIs that cannot be switched on without a billing account."""


@cache
def titles() -> dict[str, str]:
    """The title of every API by its host, from the list of Google's discovery documents."""
    listed = (importlib.resources.files("googleapiclient.discovery_cache") / "documents" / "index.json").read_text()
    found = {f"{name}{END}": title for name, title in WITHOUT_DOCUMENT.items()}
    for one in json.loads(listed)["items"]:
        host = urlsplit(one["discoveryRestUrl"]).hostname or ""
        found[f"{one['name']}{END}" if host.startswith("www.") else host] = one["title"]
    return found


def needed_by(services: Iterable[str]) -> list[str]:
    """These APIs and all that they need, directly or not."""
    found: dict[str, None] = {}
    waiting = list(services)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = None
            waiting += [f"{name}{END}" for name in _NEEDS.get(one.removesuffix(END), ())]
    return sorted(found)


def dependents_of(service: str) -> list[str]:
    """Every API that cannot work without this one."""
    return [one for one in map(_host, _NEEDS) if one != service and service in needed_by([one])]


def _host(name: str) -> str:
    return f"{name}{END}"
