"""Who may do what in a scenario, before anything happens: custom roles, grants and deny policies."""

from __future__ import annotations

from datetime import datetime

from sandbox import scenario_names as names
from sandbox.closed_yaml import meant
from sandbox.roles import BASIC, PREDEFINED
from sandbox.scenario_parts import Note
from sandbox.scenario_spec import Deny, Grant, Spec
from sandbox.world import Json, World

KINDS_OF_MEMBERS = ("user", "group", "serviceAccount", "domain", "principal", "principalSet", "deleted",
                    "projectOwner", "projectEditor", "projectViewer")  # fmt: skip


def add_policies(world: World, spec: Spec, now: datetime, note: Note) -> None:
    """Custom roles, then every grant and deny policy; all of them in force at once."""
    _add_roles(world, spec, note)
    for place, grant in enumerate(spec.grants):
        _add_grant(world, grant, now, f"grants[{place}]", note)
    for place, deny in enumerate(spec.deny):
        _add_deny(world, deny, f"deny[{place}]", note)


def _add_roles(world: World, spec: Spec, note: Note) -> None:
    for name, role in spec.custom_roles.items():
        parts = name.split("/")
        if len(parts) != 4 or parts[0] not in ("projects", "organizations") or parts[2] != "roles":
            note(f"custom_roles.{name}", "a custom role is named projects/P/roles/R or organizations/N/roles/R")
        body: Json = {"name": name, "title": role.title or parts[-1], "includedPermissions": role.permissions}
        world.roles[name] = body | {"stage": "GA", "etag": "BwXsandbox="} | ({"deleted": True} if role.deleted else {})


def _add_grant(world: World, grant: Grant, now: datetime, at: str, note: Note) -> None:
    full, wrong = names.resource(world, grant.on)
    resource = world.get(full) if full else None
    if resource is None:
        note(f"{at}.on", wrong or f"there is no {full}")
        return
    roles = [*BASIC, *PREDEFINED, *world.roles]
    if grant.role not in roles:
        hint = meant(grant.role, roles)
        note(f"{at}.role", f"the sandbox does not know {grant.role}{hint or '; describe it under custom_roles'}")
    binding: Json = {"role": grant.role, "members": _members(world, grant.to, f"{at}.to", note)}
    expression, title = grant.condition, grant.title
    if grant.until:
        until = names.time(grant.until, now)
        if until is None or expression:
            note(f"{at}.until", "write a time (2026-11-21T10:00:00Z or -1d), and not beside if")
            return
        expression = f'request.time < timestamp("{until:%Y-%m-%dT%H:%M:%SZ}")'
        title = title or f"until {until:%Y-%m-%d}"
    if expression:
        binding["condition"] = {"title": title or "condition", "expression": expression}
    policy = resource.policy()
    bindings = [*policy.get("bindings", []), binding]
    version = 3 if any("condition" in one for one in bindings) else 1
    world.set_policy(resource, {**policy, "bindings": bindings, "version": version}, at_once=True)


def _members(world: World, listed: list[str] | str, at: str, note: Note) -> list[str]:
    """IAM members; a service account of one of the file's projects must be one of the file's accounts."""
    whole = [names.member(one) for one in ([listed] if isinstance(listed, str) else listed)]
    for one in whole:
        kind, _, name = one.partition(":")
        if kind not in KINDS_OF_MEMBERS and one not in ("allUsers", "allAuthenticatedUsers"):
            note(at, f"{one!r} is no IAM member: write user:, group:, serviceAccount:, domain: or principal://")
        elif kind == "serviceAccount":
            check_account(world, name, at, note)
        elif kind == "group" and name not in world.groups:
            note(at, f"there is no group {name}{meant(name, list(world.groups))}; describe it under groups")
    return whole


def check_account(world: World, email: str, at: str, note: Note) -> None:
    """Note an address that should be one of the file's accounts and is not; accounts of others are let be."""
    known = [one.body["email"] for one in world.of_kind("serviceAccounts")]
    domains = {one.partition("@")[2] for one in known}
    ours = email.partition("@")[2] in domains | {f"{one.project}{names.ACCOUNTS}" for one in world.of_kind("projects")}
    if email not in known and ours:
        note(at, f"there is no account {email}{meant(email, known)}; describe it under accounts")


def _add_deny(world: World, deny: Deny, at: str, note: Note) -> None:
    full, wrong = names.resource(world, deny.on)
    if wrong or "//cloudresourcemanager." not in full:
        note(f"{at}.on", wrong or "a deny policy is attached to a project, a folder or the organization")
        return
    rule: Json = {
        "deniedPrincipals": [names.principal(one) for one in deny.principals],
        "deniedPermissions": [names.permission(one) for one in deny.permissions],
    }
    if deny.exempt:
        rule["exceptionPrincipals"] = [names.principal(one) for one in deny.exempt]
    if deny.except_permissions:
        rule["exceptionPermissions"] = [names.permission(one) for one in deny.except_permissions]
    attached = full.removeprefix("//").replace("/", "%2F")
    name = f"policies/{attached}/denypolicies/{deny.id}"
    world.deny_policies[name] = {
        "name": name,
        "kind": "DenyPolicy",
        "displayName": deny.title or deny.id,
        "rules": [{"description": deny.title or deny.id, "denyRule": rule}],
    }
