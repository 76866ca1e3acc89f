"""Which OAuth scopes a call takes, whether a machine has one of them, and which is the least to add.

Any one of the scopes is enough. Where the call is known only roughly, those are told that are enough for whatever it
was. A scope is no role: IAM is asked after it. Workspace APIs, which do not take cloud-platform, are not listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache

from shared.grants.services import service_of, service_of_command
from shared.machines.methods import (
    EVERY,
    UNDOCUMENTED,
    Method,
    Taken,
    by_id,
    by_permission,
    by_rpc,
    near_rpc,
    shared_scopes,
    taken,
)
from shared.machines.scope_table import TABLE
from shared.model.machine import AUTH, PLATFORM, Basis, ScopeNeed
from shared.model.names import parse_permission

OTHER_NAMES = {
    "bigquery-json": "bigquery",
    "cloudsql": "sqladmin",
    "sql": "sqladmin",
    "storage-api": "storage",
    "storage-component": "storage",
    "translate": "translation",
}
"""What the same service is called elsewhere: hosts of old, and the beginnings of ids."""
READ_ONLY_PLATFORM = f"{PLATFORM}.read-only"
HOST = ".googleapis.com"
REGIONS = ("us", "eu")
UNLISTED = ("", 1_000_000)
"""A scope that no method of the table takes is taken for a wide one."""
LONGEST = 512


def scopes_for(service: str | None, method: str | None, permission: str | None) -> ScopeNeed | None:
    """The scopes of which any one is enough for a call, and what told them; None for a service nobody listed.

    `service` is an API host, `method` a discovery id or an RPC's name as logs and ErrorInfo have it.
    """
    method = method if method and len(method) <= LONGEST else None
    permission = parse_permission(permission) if permission else None
    name = _named(service, method, permission)
    permission = permission if permission and _of_permission(permission) == name else None
    methods = taken(name) if name else None
    if name is None or methods is None:
        return None
    if EVERY in methods:
        return _need(name, methods, [EVERY], Basis.EVERY)
    for basis, found in (
        (Basis.METHOD, by_id(method, methods) if method else []),
        (Basis.RPC, by_rpc(method, methods) if method else []),
        (Basis.PERMISSION, by_permission(permission, methods) if permission else []),
        (Basis.RPC, near_rpc(method, methods) if method else []),
        (Basis.SERVICE, list(methods)),
    ):
        if found and shared_scopes(methods, found):
            return _need(name, methods, found, basis)
    return None


def satisfied(need: ScopeNeed, scopes: Iterable[str]) -> bool:
    """Whether a machine with these scopes may make the call, as far as scopes go; cloud-platform always is enough."""
    return not set(need.scopes).isdisjoint(scopes)


def least_scope(need: ScopeNeed, present: Collection[str]) -> str | None:
    """The one scope to add that opens least; None if nothing is missing.

    A scope of the service itself comes before one of another service, both before reading everything, and
    cloud-platform comes last.
    """
    if satisfied(need, present):
        return None
    return min(need.scopes, key=lambda scope: _breadth(scope.removeprefix(AUTH), need.service.removesuffix(HOST)))


def short(scope: str) -> str:
    """A scope as people write it."""
    return scope.removeprefix(AUTH)


def _need(service: str, methods: Taken, found: list[Method], basis: Basis) -> ScopeNeed:
    scopes = sorted(f"{AUTH}{scope}" for scope in shared_scopes(methods, found))
    return ScopeNeed(
        service=f"{service}{HOST}", scopes=tuple(scopes), basis=basis, matched=_said(service, found, basis)
    )


def _said(service: str, found: list[Method], basis: Basis) -> str:
    if basis in (Basis.EVERY, Basis.SERVICE):
        return f"every method of {service}{HOST}"
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return ", ".join(f"{service}.{resource}.{verb}" for resource, verb in found[:3]) + more


def _named(service: str | None, method: str | None, permission: str | None) -> str | None:
    """The service's name in the table: from its host, else from the method's name, else from the permission."""
    if service:
        return _of_host(service)
    if method and (name := _of_method(method)):
        return name
    return _of_permission(permission) if permission else None


def _of_host(host: str) -> str | None:
    """The service of a host, also of such as `pubsub.mtls`, `us-central1-aiplatform` and `aiplatform.us.rep`."""
    name, *more = host.removesuffix(HOST).split(".")
    place, _, last = name.rpartition("-")
    if more and more[-1] not in ("mtls", "rep"):
        return None
    return _known(name) or (_known(last) if place in REGIONS or place[-1:].isdigit() else None)


def _of_method(method: str) -> str | None:
    """The service in `google.pubsub.v1.Publisher.Publish`, `v1.compute.instances.insert` or `storage.objects.get`."""
    parts = method.split(".")
    if parts[1:4] == ["cloud", "bigquery", "storage"]:
        return "bigquerystorage"
    if parts[1:3] == ["bigtable", "admin"]:
        return "bigtableadmin"
    for part in parts[:-1]:
        product = service_of_command(f"gcloud.{part}") or part
        if name := _known(part) or _known(product.partition(".")[0]):
            return name
    return None


def _of_permission(permission: str) -> str | None:
    """The service that checks a permission: of Bigtable and BigQuery some belong to an API beside the main one."""
    prefix, *method = permission.split(".")
    beside = (name for name in UNDOCUMENTED if name.startswith(prefix) and tuple(method) in (taken(name) or {}))
    return next(beside, None) or _known(service_of(permission).partition(".")[0])


def _known(name: str) -> str | None:
    name = OTHER_NAMES.get(name, name)
    return name if name in TABLE or name in UNDOCUMENTED else None


def _breadth(scope: str, service: str) -> tuple[bool, bool, bool, int, str]:
    whole = f"{AUTH}{scope}"
    home, opened = _reach().get(scope, UNLISTED)
    return whole == PLATFORM, whole == READ_ONLY_PLATFORM, home != service, opened, scope


@lru_cache(maxsize=1)
def _reach() -> dict[str, tuple[str, int]]:
    """For each scope the service that most of its methods belong to, and how many methods it opens in all."""
    counts: dict[str, Counter[str]] = {}
    for service in (*TABLE, *UNDOCUMENTED):
        for scopes in (taken(service) or {}).values():
            for scope in scopes:
                counts.setdefault(scope, Counter())[service] += 1
    return {scope: (count.most_common(1)[0][0], count.total()) for scope, count in counts.items()}
