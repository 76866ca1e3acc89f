"""A machine that is stopped, changed and started: what is changed, how far that is, and the acts it is made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from msgspec import Struct

from shared.execution.fold import Progress
from shared.execution.next import Act, Eyes, Go
from shared.execution.watchdog import RUNNING, WATCHDOG
from shared.machines.question import STOPPED
from shared.model.effect import Effect, StartMachine, StopMachine
from shared.model.machine import Intervention, Machine
from shared.model.work import MachineName
from shared.moves.machine import Snapshot, before, poll

STOPPING, SETTING, STARTING, BOOTING, CHECKED = "STOPPING", "SETTING", "STARTING", "BOOTING", "CHECKED"
ROLLBACK_STOP, ROLLBACK_SET, ROLLBACK_START = "ROLLBACK_STOP", "ROLLBACK_SET", "ROLLBACK_START"
FAILED, SET, ALSO = "failed", "set", "also"
"""What is seen: why the change was given up; whose what is set now is; what else a person should know."""
OURS, PUT_BACK = "ours", "put back"
SOON = timedelta(seconds=5)
"""No operation on a machine is over sooner."""


class Change(Struct, frozen=True, kw_only=True):
    """What is set while the machine is stopped.

    `is_planned` and `is_old` tell from a machine what it has; `plan` and `put_back` are the effects that set it, by
    the id of their request. `waits_for_room` is whether a lack of room is waited out, or the old value is put back at
    once. `after` is the state that follows once the change is checked, None where that is the end.
    """

    name: MachineName
    what: str
    intervention: Intervention
    is_planned: Callable[[Machine], bool]
    is_old: Callable[[Machine], bool]
    plan: Callable[[str], Effect]
    put_back: Callable[[str], Effect]
    waits_for_room: bool
    after: str | None = None


class Scene(Struct, frozen=True, kw_only=True):
    """A change in the making: the machine now and as it was, and how far the step has come."""

    change: Change
    machine: Machine
    was: Snapshot
    step: Progress
    eyes: Eyes

    @property
    def is_stopped(self) -> bool:
        """Whether the machine stands still."""
        return self.machine.status in STOPPED

    @property
    def runs(self) -> bool:
        """Whether the machine runs."""
        return self.machine.status == "RUNNING"

    @property
    def failed(self) -> str:
        """Why the change was given up, "" where it was not."""
        return self.step.seen.get(FAILED, "")

    @property
    def overdue(self) -> bool:
        """Whether the state has taken longer than it may."""
        return self.step.deadline is not None and self.eyes.now >= self.step.deadline

    @property
    def running(self) -> dict[str, str]:
        """The observation that the machine runs, which is what the watchdog asks for."""
        return {RUNNING: self.eyes.now.isoformat()}

    @property
    def starter(self) -> str:
        """Who has started it, where we did not: our own watchdog says so in the journal."""
        stop = self.step.last(StopMachine)
        return "our watchdog" if stop and self.step.seen_at.get(WATCHDOG, -1) > stop.number else "somebody"

    def wait(self) -> Go:
        """The same state, looked at again soon."""
        return Go(state=self.step.state, wait=poll(self.step, self.step.state))

    def count(self, state: str, kind: type) -> int:
        """How many effects of a kind were to lead to a state."""
        return sum(1 for one in self.step.effects if one.then == state and isinstance(one.effect, kind))

    def stop(self, then: str, seen: dict[str, str] | None = None) -> Act:
        """Stop the machine, within the time that it may take."""
        return Act(
            effect=StopMachine(machine=self.change.name, request=self._request("stop")),
            before=before(self.machine),
            inverse=StartMachine(machine=self.change.name, request=self._request("start after stop")),
            then=then,
            wait=SOON,
            within=timedelta(seconds=self.was.stop_seconds),
            seen=seen or {},
        )

    def start(self, then: str, seen: dict[str, str] | None = None, page: str = "") -> Act:
        """Start the machine; another stop would be an interruption, so nothing takes it back."""
        effect = StartMachine(machine=self.change.name, request=self._request("start"))
        return Act(
            effect=effect, before=before(self.machine), inverse=None, then=then, wait=SOON, seen=seen or {}, page=page
        )

    def set(self) -> Act:
        """Set what is planned."""
        return self._sets(self.change.plan, self.change.put_back, SETTING)

    def put_back(self, seen: dict[str, str] | None = None, page: str = "") -> Act:
        """Set what was there before."""
        return self._sets(self.change.put_back, self.change.plan, ROLLBACK_SET, seen, page)

    def _sets(
        self,
        effect: Callable[[str], Effect],
        other: Callable[[str], Effect],
        then: str,
        seen: dict[str, str] | None = None,
        page: str = "",
    ) -> Act:
        return Act(
            effect=effect(self._request(then)),
            before=before(self.machine),
            inverse=other(self._request(f"undo {then}")),
            then=then,
            wait=SOON,
            seen=seen or {},
            page=page,
        )

    def _request(self, what: str) -> str:
        return self.eyes.request(self.step, what)
