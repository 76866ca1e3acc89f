"""A Google Cloud in memory, to be seen and to be changed: machines that take their time, policies, APIs, and every fault.

Time is the fake clock's: whoever looks first lets everything happen that is due. `Google` answers what carrying out a
fix asks of the ports Sight and Cloud; other questions of Facts it does not know.
"""

# ruff: noqa: ARG002 - the questions are those of the port, whatever the answer depends on
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

from msgspec.structs import replace

from fakes.clock import FakeClock
from fakes.exhausted import full_for_an_hour
from fakes.machines import BOOTED, FITS, FakeMachine, plain_machine
from fakes.rights import Rights
from shared.errors import LookFailed, NotFound
from shared.model.effect import (
    AddBinding,
    Before,
    DisableApi,
    Effect,
    EnableApi,
    Receipt,
    RemoveBinding,
    Result,
)
from shared.model.evidence import NO
from shared.model.facts import Access, AccessState, Beat, Binding, Change, Condition, FlowLogs, Policy
from shared.model.machine import Machine, Surroundings
from shared.model.memory import MemoryUse, SerialOutput
from shared.model.names import ResourceName, Role
from shared.model.outcomes import MachineType, Operation, Outcomes
from shared.model.work import MachineName, OriginalCall
from shared.pipeline.compare import resource_of

BUFFER = 1_048_576
FORGOTTEN_AFTER = timedelta(hours=1)
"""For how long a request id keeps a call from being carried out twice."""
QUIET = Surroundings(
    reserved_addresses=(), referrers=(), backends=(), schedule=(), operations=(), routes=(), shared_disks=(),
    free_capacity=0, key_usable=False,
)  # fmt: skip
OURS = "unforbid@p.iam.gserviceaccount.com"
METHODS = {
    "AddBinding": "SetIamPolicy",
    "RemoveBinding": "SetIamPolicy",
    "EnableApi": "google.api.serviceusage.v1.ServiceUsage.EnableService",
    "DisableApi": "google.api.serviceusage.v1.ServiceUsage.DisableService",
    "StopMachine": "v1.compute.instances.stop",
    "StartMachine": "v1.compute.instances.start",
    "ResetMachine": "v1.compute.instances.reset",
    "SetAccess": "v1.compute.instances.setServiceAccount",
    "SetSize": "v1.compute.instances.setMachineType",
}
"""How the activity log calls what carries an effect out."""
LOST_REQUEST, LOST_REPLY = "lost request", "lost reply"
SIZES = {
    "e2-medium": MachineType(name="e2-medium", cpus=2, memory_mb=4_096, architecture="X86_64", most_disks=16),
    "n2-standard-4": MachineType(name="n2-standard-4", cpus=4, memory_mb=16_384, architecture="X86_64", most_disks=128),
    "n2-standard-8": MachineType(name="n2-standard-8", cpus=8, memory_mb=32_768, architecture="X86_64", most_disks=128),
    "n2-highmem-4": MachineType(name="n2-highmem-4", cpus=4, memory_mb=32_768, architecture="X86_64", most_disks=128),
}


class Google(Rights):
    def __init__(self, clock: FakeClock, reach: Callable[[str], None] = lambda _: None) -> None:
        super().__init__()
        self.clock, self.reach = clock, reach
        self.machines: dict[str, FakeMachine] = {}
        self.around = QUIET
        self.touches: dict[str, tuple[Change, ...]] = {}
        self.policies: dict[str, Policy] = {}
        self.services: dict[str, set[str]] = {}
        self.depends: dict[str, set[str]] = {}
        self.sizes = {name: replace(size, free_cpus=100) for name, size in SIZES.items()}
        self.access_state, self.denied = AccessState.CANNOT, NO
        self.seen = Outcomes()
        self.measured: MemoryUse | None = None
        self.flow: datetime | None = None
        self.flow_logs_on = True
        self.given: list[Change] = []
        self.logged: list[Change] = []
        self.calls: list[str] = []
        self.asked: list[Effect] = []
        self.reasons: list[str] = []
        self.done: list[Effect] = []
        self.faults: dict[str, list[str]] = {}
        self.blind: dict[str, Exception] = {}
        self._answers: dict[str, tuple[datetime, Receipt]] = {}
        self._operations: dict[str, Operation] = {}
        self._plans: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._numbers = count()

    # what a test arranges

    def add(self, name: str = "vm-1", **fields: Any) -> FakeMachine:
        made = FakeMachine(now=plain_machine(name, self.clock.now(), **fields))
        self.machines[name] = made
        return made

    def at(self, seconds: float, do: Callable[[datetime], None]) -> None:
        """Let something happen so long from now, whatever anybody is doing then."""
        self._plan(self.clock.now() + timedelta(seconds=seconds), do)

    def recreate(self, name: str = "vm-1") -> None:
        old = self.machines[name]
        self.machines[name] = FakeMachine(now=replace(old.now, id=f"{int(old.now.id) + 1}", status="RUNNING"))

    def by_hand(self, status: str, name: str = "vm-1") -> None:
        """Somebody, or a schedule, stops or starts the machine, at once."""
        machine, at = self.machines[name], self.clock.now()
        more = {"last_start": at} if status == "RUNNING" else {}
        machine.become(at, "somebody", status=status, **more)
        if status == "RUNNING":
            self._boot(machine, at)

    def forget(self) -> None:
        """No request id of before is known any more."""
        self._answers.clear()

    # what happens

    def settle(self) -> None:
        """Let everything happen that is due by now, in order."""
        while self._plans and self._plans[0][0] <= self.clock.now():
            at, _, do = heappop(self._plans)
            now, self.clock.at = self.clock.at, at
            do(at)
            self.clock.at = now

    def _plan(self, at: datetime, do: Callable[[datetime], None]) -> None:
        heappush(self._plans, (at, next(self._numbers), do))

    def _boot(self, machine: FakeMachine, at: datetime) -> None:
        if machine.boots:
            machine.console += BOOTED
            if machine.agent:
                self._plan(at + timedelta(seconds=30), machine.beats.append)

    # Sight

    def machine(self, project: str, zone: str, instance: str) -> Machine:
        self._look("machine")
        found = self.machines.get(instance)
        if found is None or (found.now.project, found.now.zone) != (project, zone):
            raise NotFound(f"{instance} does not exist")
        return found.now

    def surroundings(self, machine: Machine) -> Surroundings:
        self._look("surroundings")
        return self.around if machine.id else QUIET

    def touched(self, project: str, instance_id: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        self._look("touched")
        return tuple(one for one in self.touches.get(instance_id, ()) if project and since <= one.at <= until)

    def serial(self, project: str, zone: str, instance: str) -> SerialOutput:
        self._look("serial")
        machine = self.machines[instance]
        if machine.now.status != "RUNNING":
            raise LookFailed("read the serial console", f"{project}/{zone}/{instance}", "it does not run")
        end = len(machine.console)
        return SerialOutput(text=machine.console[-BUFFER:], start=max(0, end - BUFFER), next=end)

    def beat(self, project: str, instance_id: str, since: datetime) -> Beat:
        self._look("beat")
        heard = [at for one in self.machines.values() if one.now.id == instance_id for at in one.beats]
        return Beat(last=max((at for at in heard if since <= at <= self.clock.now()), default=None))

    def memory_use(self, machine: Machine, since: datetime, until: datetime) -> MemoryUse:
        """Full for the hour before, unless the test says otherwise."""
        self._look("memory_use")
        if self.measured is not None:
            return self.measured
        return full_for_an_hour(until)

    def operation(self, machine: MachineName, name: str) -> Operation:
        self._look("operation")
        if name not in self._operations or self.machines[machine.name].loses_operations:
            raise NotFound(name)
        return self._operations[name]

    def machine_type(self, project: str, zone: str, name: str) -> MachineType:
        self._look("machine_type")
        if name not in self.sizes:
            raise NotFound(f"{name} is not in {project}/{zone}")
        return self.sizes[name]

    def flow_seen(self, machine: Machine, since: datetime) -> datetime | None:
        self._look("flow_seen")
        return self.flow if self.flow is not None and self.flow > since and machine.subnetworks else None

    def flow_logs(self, subnet: str) -> FlowLogs:
        self._look("flow_logs")
        return FlowLogs(subnet=subnet, enabled=self.flow_logs_on)

    def outcomes(self, call: OriginalCall, since: datetime, until: datetime) -> Outcomes:
        self._look("outcomes")
        within = lambda times: tuple(at for at in times if since <= at <= until)  # noqa: E731
        return replace(self.seen, succeeded=within(self.seen.succeeded), refused=within(self.seen.refused))

    def policy(self, resource: str) -> Policy:
        self._look("policy")
        if resource not in self.policies:
            raise NotFound(resource)
        return self.policies[resource]

    def policy_changes(self, resource: str, since: datetime) -> tuple[Change, ...]:
        """Ours are told at once, others' where a test says so."""
        self._look("policy_changes")
        return tuple(one for one in reversed(self.given) if one.resource == resource and one.at >= since)

    def gave(self, resource: str, role: str, member: str, by: str, reason: str = "") -> Change:
        """The activity log tells that somebody has just given a role."""
        added = (f"{role} {member}",)
        self.given.append(
            Change(at=self.clock.now(), method="SetIamPolicy", by=by, resource=resource, added=added, reason=reason)
        )
        return self.given[-1]

    def project_of(self, resource: str) -> str:
        """The project in the name; a bucket is in p."""
        self._look("project_of")
        return f"projects/{ResourceName(resource).project or 'p'}"

    def own_calls(self, project: str, accounts: frozenset[str], since: datetime, until: datetime) -> tuple[Change, ...]:
        """What was logged, ours and what a test adds."""
        self._look("own_calls")
        told = (one for one in self.logged if one.by in accounts or one.reason.startswith("r-"))
        mine = (one for one in told if since <= one.at <= until)
        return tuple(one for one in mine if f"projects/{ResourceName(one.resource).project or 'p'}" == project)

    def access(self, principal: str, permission: str, resource: str, at: datetime | None) -> Access:
        self._look("access")
        return Access(state=self.access_state, allowed=NO, denied=self.denied)

    def enabled_services(self, project: str) -> frozenset[str]:
        self._look("enabled_services")
        return frozenset(self.services.setdefault(project, set()))

    def _look(self, what: str) -> None:
        self.reach(f"before {what}")
        self.settle()
        self.calls.append(what)
        if what in self.blind:
            raise self.blind[what]
        if self._fault(what):
            raise LookFailed(what, "the fake", "the test says so")

    def _fault(self, what: str) -> str:
        return self.faults[what].pop(0) if self.faults.get(what) else ""

    # Cloud

    def perform(self, effect: Effect, before: Before, reason: str = "") -> Receipt:
        self.reasons.append(reason)
        kind = type(effect).__name__
        self.reach(f"before {kind}")
        self.settle()
        self.calls.append(kind)
        self.asked.append(effect)
        fault = self._fault(kind)
        if fault == LOST_REQUEST:
            raise LookFailed("change", kind, "the request was lost")
        if fault and fault != LOST_REPLY:
            return Receipt(result=Result.REFUSED, code=fault, said="the test says so")
        receipt = self._once(effect, before)
        self._log(effect, receipt, reason)
        if fault == LOST_REPLY:
            raise LookFailed("change", kind, "the reply was lost")
        self.reach(f"after {kind}")
        return receipt

    def _log(self, effect: Effect, receipt: Receipt, reason: str) -> None:
        if receipt.result in (Result.CHANGED, Result.STARTED):
            method, resource = METHODS[type(effect).__name__], resource_of(effect)
            self.logged.append(Change(at=self.clock.now(), method=method, by=OURS, resource=resource, reason=reason))

    def _once(self, effect: Effect, before: Before) -> Receipt:
        """The receipt of an effect; for a request id that is known that of the first time, and nothing happens."""
        request = getattr(effect, "request", "")
        at, known = self._answers.get(request, (self.clock.now(), None))
        if known is not None and self.clock.now() - at < FORGOTTEN_AFTER:
            return known
        receipt = self._do(effect, before)
        if request:
            self._answers[request] = (self.clock.now(), receipt)
        return receipt

    def _do(self, effect: Effect, before: Before) -> Receipt:
        if isinstance(effect, AddBinding | RemoveBinding):
            return self._change_policy(effect, before)
        if isinstance(effect, EnableApi):
            if effect.service in self.never_on:
                return Receipt(result=Result.STARTED, operation="never over")
            on = self.services.setdefault(effect.project, set())
            new = ({effect.service} | self.depends.get(effect.service, set())) - on
            on |= new
            theirs = before.present or before.untried
            return self._changed(effect, bool(new)) if new or theirs else Receipt(result=Result.CHANGED)
        if isinstance(effect, DisableApi):
            on = self.services.setdefault(effect.project, set())
            there = effect.service in on
            on.discard(effect.service)
            return self._changed(effect, there)
        machine = self.machines.get(effect.machine.name)
        if machine is None or machine.now.id != effect.machine.id:
            return Receipt(result=Result.REFUSED, code="notFound", said="there is no such machine")
        return self._operate(effect, machine)

    def _changed(self, effect: Effect, changed: bool) -> Receipt:
        if changed:
            self.done.append(effect)
        return Receipt(result=Result.CHANGED if changed else Result.ALREADY)

    def _change_policy(self, effect: AddBinding | RemoveBinding, before: Before) -> Receipt:
        policy = self.policies[effect.resource]
        key = (effect.role, effect.condition)
        members = {(one.role, one.condition): list(one.members) for one in policy.bindings}
        there = effect.member in members.get(key, [])
        if isinstance(effect, AddBinding) and there:
            ours = Result.CHANGED if effect.condition else Result.UNKNOWN
            return Receipt(result=Result.ALREADY if before.present or before.untried else ours, etag=policy.etag)
        if isinstance(effect, RemoveBinding) and not there:
            return Receipt(result=Result.ALREADY, etag=policy.etag)
        if there:
            members[key].remove(effect.member)
        else:
            members.setdefault(key, []).append(effect.member)
            self.gave(effect.resource, effect.role, effect.member, OURS, self.reasons[-1])
        bindings = tuple(binding(role, *who, condition=when) for (role, when), who in members.items() if who)
        self.policies[effect.resource] = replace(policy, bindings=bindings, etag=f"{policy.etag}+")
        return replace(self._changed(effect, changed=True), etag=f"{policy.etag}+")

    def _operate(self, effect: Any, machine: FakeMachine) -> Receipt:
        status, kind = machine.now.status, type(effect).__name__
        if status not in FITS[kind]:
            return Receipt(result=Result.REFUSED, code="resourceNotReady", said=f"the machine is {status}")
        name, error = f"operation-{len(self.asked)}", machine.error_of(kind)
        self._operations[name] = Operation(done=False)
        self.done.append(effect)
        takes, changes = machine.begin(effect, self.clock.now())

        def end(at: datetime) -> None:
            self._operations[name] = Operation(done=True, code=error, said="it failed" if error else "")
            if changes(at, bool(error)):
                self._boot(machine, at)

        self._plan(self.clock.now() + takes, end)
        return Receipt(result=Result.STARTED, operation=name)


def binding(role: str, *members: str, condition: Condition | None = None) -> Binding:
    return Binding(role=Role(role), members=tuple(members), condition=condition)


__all__ = ["LOST_REPLY", "LOST_REQUEST", "OURS", "Google", "binding"]
