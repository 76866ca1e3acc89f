"""What can be done to a virtual machine: whether it may be done now, and what happens in which order of time.

`hidden["shares_accounts"]` of a project lets machines of other projects use its accounts. Not Google's words but ours:
the sentences about foreign accounts, scopes without an account, and running machines whose size is to change.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.compute_operations import QUEUED, Step, after, failure_of, is_stopped
from sandbox.compute_refusals import not_ready, refused
from sandbox.door import Call
from sandbox.errors import Refusal
from sandbox.front import require
from sandbox.machine_types import machine_type
from sandbox.machines import boot, path_of, power_off, power_on
from sandbox.world import Json, Resource, World

Plan = Callable[[World, Resource, Call], list[Step]]
GRACEFUL = "600"
"""Seconds a graceful shutdown may take where no maxDuration is set ("Graceful shutdown overview")."""
ACT_AS = "iam.serviceAccounts.actAs"


def _nothing(_: datetime) -> None:
    """What an operation does to a machine that already is as it asks."""


def _becomes(machine: Resource, status: str) -> Callable[[datetime], None]:
    return lambda _: machine.body.update(status=status)


def start(world: World, machine: Resource, _: Call) -> list[Step]:
    """A stopped machine is staged and runs, unless the zone has no room; a running one stays as it is."""
    now = world.now()
    if machine.body["status"] == "RUNNING":
        return [Step(now + QUEUED, _nothing)]
    if not is_stopped(machine) or machine.body.get("startRestricted"):
        raise not_ready(machine)
    machine.body["status"] = "PROVISIONING"
    through = after(machine, "start", now)

    def run(at: datetime) -> Json | None:
        if error := failure_of(machine, "start"):
            machine.body["status"] = "TERMINATED"
            return error
        power_on(world, machine, at)
        return None

    return [Step(now + (through - now) / 2, _becomes(machine, "STAGING")), Step(through, run)]


def stop(world: World, machine: Resource, call: Call) -> list[Step]:
    """A running machine is shut down, gracefully where it asks for that; a stopped one stays as it is."""
    now, status = world.now(), machine.body["status"]
    if is_stopped(machine):
        return [Step(now + QUEUED, _nothing)]
    if status in ("PENDING_STOP", "STOPPING"):
        return [Step(now, _nothing, lambda: not is_stopped(machine))]
    if status != "RUNNING":
        raise not_ready(machine)
    has_local = any(disk.get("type") == "SCRATCH" for disk in machine.body.get("disks", ()))
    if has_local and "discardLocalSsd" not in call.params:
        raise refused(
            "VM has a Local SSD attached but an undefined value for `discard-local-ssd`. If using gcloud, please add "
            "`--discard-local-ssd=false` or `--discard-local-ssd=true` to your command."
        )
    graceful = _graceful(machine) if call.params.get("noGracefulShutdown") != "true" else timedelta()
    machine.body["status"] = "PENDING_STOP" if graceful else "STOPPING"

    def halt(at: datetime) -> Json | None:
        if error := failure_of(machine, "stop"):
            machine.body["status"] = "RUNNING"
            return error
        power_off(world, machine, at)
        return None

    asked = [Step(now + graceful, _becomes(machine, "STOPPING"))] if graceful else []
    hangs = lambda: bool(machine.hidden.get("stop_hangs"))  # noqa: E731 - what the scenario says at that time
    return [*asked, Step(after(machine, "stop", now + graceful), halt, hangs)]


def _graceful(machine: Resource) -> timedelta:
    """How long the guest takes before it is stopped; nothing where it is not asked."""
    shutdown = machine.body.get("scheduling", {}).get("gracefulShutdown", {})
    if not shutdown.get("enabled"):
        return timedelta()
    longest = float(shutdown.get("maxDuration", {}).get("seconds", GRACEFUL))
    return timedelta(seconds=min(longest, machine.hidden.get("graceful_takes", longest)))


def reset(world: World, machine: Resource, _: Call) -> list[Step]:
    """A running machine starts anew at once, without being shut down."""
    if machine.body["status"] != "RUNNING":
        raise not_ready(machine)

    def restart(at: datetime) -> Json | None:
        if error := failure_of(machine, "reset"):
            return error
        boot(machine, at)
        return None

    return [Step(after(machine, "reset", world.now()), restart)]


def set_account(world: World, machine: Resource, call: Call) -> list[Step]:
    """A stopped machine gets another account, other scopes, or (without an e-mail) no account."""
    email, scopes = call.body.get("email", ""), call.body.get("scopes", [])
    if scopes and not email:
        raise refused("Invalid value for field 'scopes': there is no service account that could have them.")
    unknown = [one for one in scopes if not one.startswith("https://")]
    if unknown:
        raise refused(f"One or more of the service account scopes are invalid: '{unknown[0]}'", "invalid")
    if email:
        _check_account(world, machine, email, call)
    if not is_stopped(machine):
        raise refused("The instance must be stopped before the service account can be changed.")
    given = [{"email": email, "scopes": scopes}] if email else []
    return [_sets(world, machine, "setServiceAccount", "serviceAccounts", given)]


def _check_account(world: World, machine: Resource, email: str, call: Call) -> None:
    """An account can be attached if it exists, may be used by the machine's project, and the caller may act as it."""
    known = [one for one in world.of_kind("serviceAccounts") if one.body["email"] == email]
    name = known[0].name if known else f"//iam.googleapis.com/projects/{machine.project}/serviceAccounts/{email}"
    try:
        require(world, "iam.googleapis.com", ACT_AS, name, call.caller)
    except Refusal as denied:
        raise Refusal(
            denied.status,
            f"The user does not have access to service account '{email}'.  User: '{call.caller.email}'.  Ask a project "
            "owner to grant you the iam.serviceAccountUser role on the service account",
            checked=denied.checked,
        ) from denied
    if not known:
        path = path_of(name)
        raise refused(f"The resource '{path}' of type 'serviceAccount' was not found.", "invalid")
    owner = world.project(known[0].project)
    if known[0].project != machine.project and not (owner and owner.hidden.get("shares_accounts")):
        raise refused(f"The service account '{email}' belongs to another project, which keeps its accounts to itself.")


def set_type(world: World, machine: Resource, call: Call) -> list[Step]:
    """A stopped machine gets another size."""
    zone, _, wanted = call.body["machineType"].rpartition("/machineTypes/")
    found = machine_type(world, machine.name.partition("/instances/")[0], wanted)
    if found is None or zone.rpartition("/")[2] != call["zone"]:
        raise refused(f"Invalid value for field 'resource.machineType': '{call.body['machineType']}'. The referenced "
                      "machine type does not exist in this zone.", "invalid")  # fmt: skip
    if not is_stopped(machine):
        raise refused("The instance must be stopped before the machine type can be changed.")
    return [_sets(world, machine, "setMachineType", "machineType", found["selfLink"])]


def _sets(world: World, machine: Resource, verb: str, field: str, value: object) -> Step:
    """The step that gives a field of the machine another value, unless the operation is to fail."""

    def change(_: datetime) -> Json | None:
        error = failure_of(machine, verb)
        machine.body.update({} if error else {field: value})
        return error

    return Step(after(machine, verb, world.now()), change)
