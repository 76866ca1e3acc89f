"""Cloud Asset Inventory: which resources match a search, and what somebody has been given anywhere.

It is an index that follows the resources within minutes (Cloud Asset API, searchAllResources): what it does not show
may still exist, and what it shows may be gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.adapters.asking import asking, limits
from shared.adapters.pages import every_page
from shared.adapters.policies import condition_from
from shared.adapters.resource_manager import is_container
from shared.errors import LookFailed
from shared.model.facts import Asset, Holding
from shared.model.names import Role, is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.adapters.google_clients import GoogleClients

STORAGE = "//storage.googleapis.com/"
PAGE = 500
"""The most results that a page may hold."""


def assets(clients: GoogleClients, scope: str, query: str) -> tuple[Asset, ...]:
    """Resources under `organizations/N`, `folders/N` or `projects/P` that match a search in Google's query syntax."""
    what = "search the resources"
    _check_scope(what, scope)
    request = {"scope": scope, "query": query, "page_size": PAGE}
    with asking(what, scope, "cloudasset.assets.searchAllResources"):
        pager = clients.assets.search_all_resources(request=request, **limits())
        return tuple(_asset(one) for page in every_page(pager, what, scope) for one in page.results)


def _check_scope(what: str, scope: str) -> None:
    if not is_container(scope):
        raise LookFailed(what, scope[:200], "searches are made in a project, a folder or an organisation")


def _asset(found: Any) -> Asset:
    parents = (*found.folders, *((found.organization,) if found.organization else ()))
    return Asset(name=_full_name(found.name), type=found.asset_type, project=found.project, parents=parents)


def _full_name(name: str) -> str:
    """A resource as policies and IAM name it: the inventory has a short form for buckets ("Asset names")."""
    bucket = name.removeprefix(STORAGE)
    return f"{STORAGE}projects/_/buckets/{bucket}" if bucket != name and "/" not in bucket else name


def holdings(clients: GoogleClients, scope: str, member: str) -> tuple[Holding, ...]:
    """What policies under a scope give to a member by its own name, in the order of the resources' names.

    What it has through groups, domains or everyone is not among it.
    """
    what = "search the policies"
    _check_scope(what, scope)
    if not member or not is_plain(member):
        raise LookFailed(what, scope, f"{member[:200]!r} is no IAM member")
    request = {"scope": scope, "query": f'policy:"{member}"', "page_size": PAGE}
    with asking(what, scope, "cloudasset.assets.searchAllIamPolicies"):
        pager = clients.assets.search_all_iam_policies(request=request, **limits())
        found = [one for page in every_page(pager, what, scope) for one in page.results]
        return tuple(sorted((held for one in found for held in _held(one, member)), key=_place))


def _held(found: Any, member: str) -> Iterator[Holding]:
    """The bindings that really name the member: the search compares words, so it finds look-alikes too."""
    for binding in found.policy.bindings:
        if member in binding.members:
            condition = condition_from(binding, "condition")
            yield Holding(resource=_full_name(found.resource), role=Role(binding.role), condition=condition)


def _place(held: Holding) -> tuple[str, str]:
    return held.resource, held.role
