"""Defects of what writes to Google: the request lacks something, or says too much."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from proof.planting import Planted
from shared.adapters import machine_writes, policy_writes
from shared.adapters.google_cloud import GoogleCloud
from shared.adapters.policy_holders import holder_of
from shared.model.effect import AddBinding, Receipt, Result, SetAccess

REAL_EDITED, REAL_WHERE, REAL_BODY = policy_writes._edited, machine_writes._where, machine_writes._body  # noqa: SLF001
REAL_PERFORM, REAL_ADD = GoogleCloud.perform, policy_writes.add_binding


def no_etag() -> tuple[Planted, ...]:
    """The policy is written without the etag it was read with: whatever others wrote meanwhile is lost."""

    def edited(*given: Any) -> Any:
        policy = REAL_EDITED(*given)
        if isinstance(policy, dict):
            policy.pop("etag", None)
        else:
            policy.ClearField("etag")
        return policy

    return (Planted(policy_writes, "_edited", edited),)


def no_audit_configs() -> tuple[Planted, ...]:
    """The policy is written without its audit configs."""

    def edited(*given: Any) -> Any:
        policy = REAL_EDITED(*given)
        policy.ClearField("audit_configs")
        return policy

    return (Planted(policy_writes, "_edited", edited),)


def no_condition() -> tuple[Planted, ...]:
    """A grant is written without its condition, so that it never ends by itself."""

    def perform(self: GoogleCloud, effect: Any, *rest: Any) -> Receipt:
        bare = replace(effect, condition=None) if isinstance(effect, AddBinding) else effect
        return REAL_PERFORM(self, bare, *rest)

    return (Planted(GoogleCloud, "perform", perform),)


def all_ours() -> tuple[Planted, ...]:
    """What others have done between our look and our request is taken for ours."""

    def perform(self: GoogleCloud, effect: Any, before: Any, *rest: Any) -> Receipt:
        receipt = REAL_PERFORM(self, effect, replace(before, untried=False), *rest)
        return replace(receipt, result=Result.CHANGED) if receipt.result is Result.UNKNOWN else receipt

    return (Planted(GoogleCloud, "perform", perform),)


def old_policy() -> tuple[Planted, ...]:
    """An undo writes the whole policy back as it was before the grant."""
    kept: dict[str, Any] = {}

    def add(clients: Any, effect: Any, before: Any, reason: str = "") -> Receipt:
        kept[effect.resource] = holder_of(clients, effect.resource, reason).read()
        return REAL_ADD(clients, effect, before, reason)

    def remove(clients: Any, effect: Any, _: Any, reason: str = "") -> Receipt:
        holder = holder_of(clients, effect.resource, reason)
        old, now = kept[effect.resource], holder.read()
        old.etag = now.etag
        holder.write(old)
        return Receipt(result=Result.CHANGED)

    return (Planted(policy_writes, "add_binding", add), Planted(policy_writes, "remove_binding", remove))


def new_request_ids() -> tuple[Planted, ...]:
    """Each call to a machine has a request id of its own, so that a repetition is another call."""
    return (Planted(machine_writes, "_request_id", lambda *_: str(uuid4())),)


def by_name() -> tuple[Planted, ...]:
    """A machine is called by its name, which another one may have by now."""

    def where(machine: Any, what: str) -> dict[str, str]:
        return {**REAL_WHERE(machine, what), "instance": machine.name}

    return (Planted(machine_writes, "_where", where),)


def no_account() -> tuple[Planted, ...]:
    """The account is left out where only scopes change, which takes it away from the machine."""

    def body(effect: Any) -> dict[str, Any]:
        return REAL_BODY(replace(effect, account=None) if isinstance(effect, SetAccess) else effect)

    return (Planted(machine_writes, "_body", body),)
