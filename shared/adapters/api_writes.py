"""Switching APIs on and off (Service Usage v1); an operation carries it out, and the state of the API tells its end.

Both are safe to repeat: what is on, or off, already is answered with an operation that is done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.adapters.resource_manager import is_container
from shared.adapters.writing import ForGood, Passing, changing, once, persistently
from shared.errors import LookFailed
from shared.model.effect import Before, DisableApi, EnableApi, Receipt, Result

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

NOTHING_TO_DO = "operations/noop.DONE_OPERATION"
"""The operation that Service Usage names where an API is on, or off, already."""
ENABLE, DISABLE = "switch the API on", "switch the API off"


def enable(clients: GoogleClients, effect: EnableApi, before: Before, reason: str = "") -> Receipt:
    """Switch an API on with what it depends on. CHANGED where an earlier try has; ALREADY where it was on before.

    Raises:
        LookFailed: whether it was switched on is not known.
    """
    name = _name(effect, ENABLE)

    def done(operation: str, may_be_ours: bool) -> Result:
        theirs = before.present or (before.untried and not may_be_ours and operation == NOTHING_TO_DO)
        return Result.ALREADY if theirs else Result.CHANGED

    return _switched(
        lambda: clients.service_usage.enable_service(request={"name": name}, **once(reason)),
        (ENABLE, name, "serviceusage.services.enable"),
        done,
    )


def disable(clients: GoogleClients, effect: DisableApi, _: Before, reason: str = "") -> Receipt:
    """Switch an API off, unless it or what depends on it was used in 30 days; never what depends on it as well.

    Raises:
        LookFailed: whether it was switched off is not known.
    """
    name = _name(effect, DISABLE)

    def send() -> Any:
        from google.cloud.service_usage_v1 import DisableServiceRequest

        check = DisableServiceRequest.CheckIfServiceHasUsage.CHECK
        request = DisableServiceRequest(name=name, disable_dependent_services=False, check_if_service_has_usage=check)
        return clients.service_usage.disable_service(request=request, **once(reason))

    return _switched(send, (DISABLE, name, "serviceusage.services.disable"), lambda *_: Result.ALREADY)


def _switched(send: Callable[[], Any], told: tuple[str, str, str], if_done: Callable[[str, bool], Result]) -> Receipt:
    """The receipt of a call that starts an operation, whose name is kept."""
    what, about, _ = told

    may_be_ours = False

    def attempt() -> Receipt:
        nonlocal may_be_ours
        try:
            with changing(*told):
                started = send().operation
                if not started.name:
                    raise LookFailed(what, about, "Google's answer names no operation")
                return _receipt(started, if_done(started.name, may_be_ours))
        except Passing as passing:
            may_be_ours = may_be_ours or not passing.is_sure
            raise

    try:
        return persistently(attempt, what, about)
    except ForGood as refused:
        return refused.receipt()


def _receipt(started: Any, if_done: Result) -> Receipt:
    from google.rpc.code_pb2 import Code

    if not started.done:
        return Receipt(result=Result.STARTED, operation=started.name)
    if started.error.code:
        code = Code.Name(started.error.code)
        return Receipt(result=Result.REFUSED, operation=started.name, code=code, said=started.error.message)
    return Receipt(result=if_done, operation=started.name)


def _name(effect: EnableApi | DisableApi, what: str) -> str:
    name, host = f"{effect.project}/services/{effect.service}", effect.service.replace(".", "").replace("-", "")
    is_api = "." in effect.service and ".." not in effect.service and host.isalnum() and host.isascii()
    if not effect.project.startswith("projects/") or not is_container(effect.project) or not is_api:
        raise LookFailed(what, name[:200], "no project and API have such names")
    return name
