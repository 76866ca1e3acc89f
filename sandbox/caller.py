"""Who calls: the identity, the scopes and the consumer project behind a bearer token."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from sandbox.compute_operations import settle
from sandbox.errors import Refusal
from sandbox.world import CRM, World

PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
READER = "reader"
READER_EMAIL = "unforbid-reader@unforbid.iam.gserviceaccount.com"
COMPUTE = "//compute.googleapis.com/"


class Caller(Struct, frozen=True, kw_only=True):
    """One authenticated caller.

    `member` is the IAM member; `project` the id of a service account's own project; `machine` the full name of the VM
    whose metadata server gave the token; `through` the accounts that impersonated it, first caller first.
    """

    member: str
    email: str
    scopes: frozenset[str] = frozenset({PLATFORM})
    project: str = ""
    machine: str = ""
    by_key: bool = False
    through: tuple[str, ...] = ()
    is_reader: bool = False


ANONYMOUS = Caller(member="allUsers", email="", scopes=frozenset())


def caller_of(world: World, authorization: str) -> Caller:
    """The caller behind an Authorization header; raises 401 for a token that the sandbox never gave.

    Tokens: `reader`, `as:MEMBER`, `key:EMAIL`, `vm:projects/P/zones/Z/instances/I`, and those that were minted.
    """
    token = authorization.removeprefix("Bearer ").strip()
    kind, _, rest = token.partition(":")
    if not token:
        return ANONYMOUS
    if token == READER:
        return Caller(member=f"serviceAccount:{READER_EMAIL}", email=READER_EMAIL, is_reader=True)
    if kind == "as" and rest:
        return _of_member(world, rest)
    if kind == "key" and rest:
        return _of_account(world, rest, by_key=True)
    if kind == "vm":
        return _of_machine(world, rest)
    if token in world.tokens:
        return _minted(world, world.tokens[token], world.now())
    raise Refusal("UNAUTHENTICATED", "Request had invalid authentication credentials.")


def _of_member(world: World, member: str) -> Caller:
    kind, _, email = member.partition(":")
    if kind == "serviceAccount":
        return _of_account(world, email)
    return Caller(member=member, email=email if kind == "user" else "")


def _of_account(world: World, email: str, **more: Any) -> Caller:
    account = next((one for one in world.of_kind("serviceAccounts") if one.body["email"] == email), None)
    if account is None:
        raise Refusal("UNAUTHENTICATED", f"Account not found: {email}.")
    if account.body.get("disabled"):
        raise Refusal("UNAUTHENTICATED", f"Service account {email} is disabled.")
    return Caller(member=f"serviceAccount:{email}", email=email, project=account.project, **more)


def _of_machine(world: World, path: str) -> Caller:
    """What the metadata server of a VM gives: the VM's account, limited to the VM's scopes."""
    settle(world)
    machine = world.get(f"{COMPUTE}{path}")
    attached = machine.body.get("serviceAccounts") if machine else None
    if machine is None or not attached or machine.body.get("status") != "RUNNING":
        raise Refusal("UNAUTHENTICATED", "Request is missing required authentication credential.")
    scopes = frozenset(attached[0]["scopes"])
    return _of_account(world, attached[0]["email"], scopes=scopes, machine=machine.name)


def _minted(world: World, token: dict[str, Any], now: datetime) -> Caller:
    if now.isoformat() > token["until"]:
        raise Refusal("UNAUTHENTICATED", "Request had invalid authentication credentials: the token has expired.")
    if not any(one.body["uniqueId"] == token["unique_id"] for one in world.of_kind("serviceAccounts")):
        raise Refusal("UNAUTHENTICATED", f"Account has been deleted: {token['email']}.")
    return _of_account(world, token["email"], scopes=frozenset(token["scopes"]), through=tuple(token["through"]))


def number_of(world: World, project: str) -> str:
    """The number of a project by id or number; what was given if there is none."""
    found = world.resources.get(f"{CRM}/projects/{project}") or world.project(project)
    return str(found.body["name"]).removeprefix("projects/") if found else project
