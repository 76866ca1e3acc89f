"""Stopping, starting, resetting and changing virtual machines (compute v1): each starts an operation with a name.

A machine is called by its number, so that another one of the same name is never touched: it is answered with 404. The
request id makes a call safe to repeat: Compute Engine answers with the operation of the first one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.adapters.writing import ForGood, changing, once, persistently
from shared.errors import LookFailed
from shared.model.effect import (
    Before,
    Receipt,
    ResetMachine,
    Result,
    SetAccess,
    SetSize,
    StartMachine,
    StopMachine,
)
from shared.model.names import is_target
from shared.model.work import MachineName

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

DEEP = 8
"""How many slashes the full name of a machine has."""
MachineEffect = StopMachine | StartMachine | ResetMachine | SetAccess | SetSize
METHODS: dict[type, tuple[str, str, str]] = {
    StopMachine: ("stop_unary", "stop", "stop the machine"),
    StartMachine: ("start_unary", "start", "start the machine"),
    ResetMachine: ("reset_unary", "reset", "reset the machine"),
    SetAccess: ("set_service_account_unary", "setServiceAccount", "set the account of the machine"),
    SetSize: ("set_machine_type_unary", "setMachineType", "set the size of the machine"),
}
"""For each effect, the client's method that returns the plain operation, the permission's verb, and the words."""


def change(clients: GoogleClients, effect: MachineEffect, _: Before, reason: str = "") -> Receipt:
    """Start the operation that carries an effect out.

    A machine in a state that the effect does not fit is REFUSED with `resourceNotReady`: that passes, or does not, and
    whoever decides has to look at the machine again.

    Raises:
        LookFailed: whether the operation was started is not known.
    """
    method, verb, what = METHODS[type(effect)]
    about = effect.machine.full_name
    request = {**_where(effect.machine, what), "request_id": _request_id(effect, what), **_body(effect)}

    def attempt() -> Receipt:
        with changing(what, about, f"compute.instances.{verb}"):
            started = getattr(clients.instances, method)(request=request, **once(reason))
            if not started.name or str(started.target_id) != effect.machine.id:
                raise LookFailed(what, about, "Google's answer names no operation on this machine")
            return Receipt(result=Result.STARTED, operation=started.name)

    try:
        return persistently(attempt, what, about)
    except ForGood as refused:
        return refused.receipt()


def _where(machine: MachineName, what: str) -> dict[str, str]:
    """The machine as the paths of its methods name it: by its number."""
    name = machine.full_name
    is_one = is_target(name) and name.count("/") == DEEP and "%" not in name
    if not is_one or not machine.id.isdecimal() or not machine.id.isascii():
        raise LookFailed(what, name[:200], "no machine has such a name and number")
    return {"project": machine.project, "zone": machine.zone, "instance": machine.id}


def _request_id(effect: MachineEffect, what: str) -> str:
    """The id that makes the call safe to repeat; without a valid one nothing is sent."""
    try:
        given = UUID(effect.request)
    except ValueError as error:
        raise LookFailed(what, effect.machine.full_name, "the id of the request is none") from error
    if not given.int:
        raise LookFailed(what, effect.machine.full_name, "the id of the request is zero, which makes nothing safe")
    return str(given)


def _body(effect: MachineEffect) -> dict[str, Any]:
    if isinstance(effect, SetAccess):
        account = {"email": effect.account} if effect.account else {}
        body = {**account, "scopes": list(effect.scopes) if effect.account else []}
        return {"instances_set_service_account_request_resource": body}
    if isinstance(effect, SetSize):
        kind = f"zones/{effect.machine.zone}/machineTypes/{effect.machine_type.rpartition('/')[2]}"
        return {"instances_set_machine_type_request_resource": {"machine_type": kind}}
    return {}
