"""A virtual machine with its habits: how long it takes, how its operations end, and what was done to it by whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from shared.model.effect import ResetMachine, SetAccess, StartMachine, StopMachine
from shared.model.machine import Disk, Machine

STOP, START, SET, RESET = timedelta(seconds=40), timedelta(seconds=20), timedelta(seconds=3), timedelta(seconds=8)
BOOTED = "\n[    0.000000] Linux version 6.1.0-37-cloud-amd64 (debian-kernel@lists.debian.org)\n"
STOPPED = ("TERMINATED", "STOPPED")
FITS = {
    "StopMachine": ("RUNNING", "STOPPING", *STOPPED),
    "StartMachine": ("RUNNING", *STOPPED),
    "ResetMachine": ("RUNNING",),
    "SetAccess": STOPPED,
    "SetSize": STOPPED,
}
"""In which states a machine takes which effect."""
Ends = Callable[[datetime, bool], bool]
"""What an operation does at its end, by the time and whether it failed; whether the machine boots by it."""


@dataclass
class FakeMachine:
    """A machine and its habits. `errors` are the codes with which its next operations of a kind end."""

    now: Machine
    console: str = "[    0.000000] Linux version 5.10 (old)\n"
    boots: bool = True
    agent: bool = True
    beats: list[datetime] = field(default_factory=list)
    stop_takes: timedelta = STOP
    set_takes: timedelta = SET
    errors: dict[str, list[str]] = field(default_factory=dict)
    no_room_for: set[str] = field(default_factory=set)
    no_room: bool = False
    loses_operations: bool = False
    history: list[tuple[datetime, str, str, Any]] = field(default_factory=list)

    def become(self, at: datetime, who: str, **fields: Any) -> None:
        """Change as of a time; what happened and who did it is remembered."""
        self.now = replace(self.now, **fields)
        self.history += [(at, who, what, value) for what, value in fields.items()]

    def error_of(self, kind: str) -> str:
        """The code with which the next operation of a kind ends, "" for a good end."""
        if kind == "StartMachine" and (self.no_room or self.now.machine_type in self.no_room_for):
            return "ZONE_RESOURCE_POOL_EXHAUSTED"
        return self.errors[kind].pop(0) if self.errors.get(kind) else ""

    def begin(self, effect: Any, at: datetime) -> tuple[timedelta, Ends]:
        """How long an effect takes, and how it ends."""
        self.history.append((at, "us", "asks", type(effect).__name__))
        if isinstance(effect, StopMachine):
            return self._stop(at)
        if isinstance(effect, StartMachine):
            return self._start(at)
        if isinstance(effect, ResetMachine):
            self.history.append((at, "us", "reset", True))
            return RESET, lambda _, failed: not failed
        is_access = isinstance(effect, SetAccess)
        fields = (
            {"account": effect.account, "scopes": effect.scopes} if is_access else {"machine_type": effect.machine_type}
        )

        def change(then: datetime, failed: bool) -> bool:
            if not failed:
                self.become(then, "us", **fields)
            return False

        return self.set_takes, change

    def _stop(self, at: datetime) -> tuple[timedelta, Ends]:
        if self.now.status == "RUNNING":
            self.become(at, "us", status="STOPPING")

        def end(_: datetime, failed: bool) -> bool:
            if self.now.status == "STOPPING":
                self.now = replace(self.now, status="RUNNING" if failed else "TERMINATED")
            return False

        return self.stop_takes, end

    def _start(self, at: datetime) -> tuple[timedelta, Ends]:
        if self.now.status == "RUNNING":
            return timedelta(), lambda *_: False
        self.become(at, "us", status="PROVISIONING")

        def end(then: datetime, failed: bool) -> bool:
            if self.now.status != "PROVISIONING":
                return False
            more = {"status": "TERMINATED"} if failed else {"status": "RUNNING", "last_start": then}
            self.now = replace(self.now, **more)
            return not failed

        return START, end

    def done(self, who: str, what: str, value: Any = None) -> int:
        """How often somebody did something: `done("us", "status", "STOPPING")`."""
        return sum(1 for _, by, did, to in self.history if (by, did) == (who, what) and value in (None, to))

    @property
    def left_stopped(self) -> bool:
        """Whether it stands still, or will, and we were the last to have a hand in that."""
        told = [(who, value) for _, who, what, value in self.history if what == "status"]
        return self.now.status in ("STOPPING", *STOPPED) and bool(told) and told[-1][0] == "us"


def plain_machine(name: str, now: datetime, **fields: Any) -> Machine:
    """A running machine against which nothing speaks."""
    default = {
        "id": "55", "name": name, "project": "acme-shop", "zone": "europe-west8-a", "status": "RUNNING",
        "account": "app@acme-shop.iam.gserviceaccount.com", "scopes": ("https://www.googleapis.com/auth/logging.write",),
        "machine_type": "n2-standard-4", "disks": (Disk(source=f"zones/europe-west8-a/disks/{name}", boot=True),),
        "last_start": now - timedelta(days=2), "subnetworks": ("projects/acme-net/regions/europe-west8/subnetworks/s",),
    }  # fmt: skip
    return Machine(**{**default, **fields})
