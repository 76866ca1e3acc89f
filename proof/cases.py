"""The changes that are put to the proof: each with a world of its own, full of what others own and must keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from proof.events import DOUBTFUL
from proof.scenery import (
    ACCOUNT,
    AUTH,
    BUCKET,
    PLATFORM,
    PROJECT,
    TOPIC,
    ZONE,
    machine_of,
    member,
    plain_world,
    somebody_gave,
)
from sandbox.scenario import Scenario, load, shipped, world_of
from sandbox.world import World
from shared.model.facts import Condition
from shared.model.names import Permission, Role
from shared.model.work import Access, Attached, Enable, Grant, MachineName, OriginalCall, Recover, Work

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
UNTIL = START + timedelta(hours=4)
API = "iamcredentials.googleapis.com"
ENDS = Condition(
    title="unforbid r-1", description="ends by itself", expression='request.time < timestamp("2026-11-21T14:00:00Z")'
)
WIDER = (f"{AUTH}devstorage.read_write", f"{AUTH}logging.write")
LARGER = "e2-standard-4"
LATE = timedelta(minutes=7)
"""How late the log may be: later than a grant waits for it before it calls a person."""
SECONDS = {"stop": 4, "start": 4, "setServiceAccount": 3, "setMachineType": 3, "reset": 4}
"""The machines of the proof are quick, so that each state is seen once and no look is only a repetition."""


class Case(Struct, frozen=True, kw_only=True):
    """One change: the world it happens in, the works of each fix that is opened at once, and what may come of it.

    `undoes` is whether the events happen while it is taken back, `expires` while a grant comes to its end. `habits` is
    what the machine has in `hidden`, and `ends` how a fix may end where Google refuses nothing for good.
    `only` are the kinds of events that happen to it, where all others are like another case's; none for all.
    `may_roll_back` allows a second stop; `switches` is the API that is switched, `resizes` whether a machine gets
    another type. What happens while the case still is like the one that it `begins_as` is left to that one.
    """

    name: str
    world: Callable[[], World]
    works: Callable[[World], tuple[tuple[Work, ...], ...]]
    undoes: bool = False
    expires: bool = False
    call: OriginalCall = OriginalCall()
    ends: tuple[str, ...] = ("fixed",)
    habits: dict[str, Any] = {}
    may_roll_back: bool = False
    switches: str = ""
    begins_as: str = ""
    only: tuple[str, ...] = ()
    resizes: bool = False


def _grant(resource: str, role: str, *, conditional: bool) -> Callable[[World], tuple[tuple[Work, ...], ...]]:
    made = Grant(
        resource=resource, role=Role(role), member=member(), until=UNTIL, condition=ENDS if conditional else None
    )
    return lambda _: ((made,),)


def _named(world: World) -> MachineName:
    machine = machine_of(world)
    zone = machine.name.partition("/zones/")[2].partition("/")[0]
    return MachineName(project=machine.project, zone=zone, name=machine.body["name"], id=machine.body["id"])


def _access(world: World, scopes: tuple[str, ...] = WIDER) -> Access:
    attached = machine_of(world).body["serviceAccounts"][0]
    was = Attached(account=attached["email"], scopes=tuple(attached["scopes"]))
    return Access(machine=_named(world), account=ACCOUNT, scopes=scopes, was=was)


def _resize(world: World) -> Recover:
    was = machine_of(world).body["machineType"].rpartition("/")[2]
    return Recover(machine=_named(world), machine_type=LARGER, was=was)


def _stopped_world() -> World:
    world = plain_world(START)
    machine_of(world).body.update(status="TERMINATED")
    return world


def _present_world() -> World:
    world = plain_world(START)
    topic = world.resources[TOPIC]
    policy = topic.policy()
    given = {"role": "roles/pubsub.publisher", "members": [member()]}
    world.set_policy(topic, {**policy, "bindings": [*policy["bindings"], given]}, at_once=True)
    somebody_gave(world, TOPIC, "roles/pubsub.publisher", START - timedelta(minutes=1))
    return world


def _late_world(world: Callable[[], World]) -> Callable[[], World]:
    """The same world, whose log tells late what has happened."""

    def late() -> World:
        made = world()
        made.ingestion = LATE
        return made

    return late


@cache
def _exhausted(scenario: str) -> Scenario:
    from sandbox.clock import SandboxClock

    return load(shipped()[scenario], SandboxClock(START))


def _exhausted_world(scenario: str = "story3-agent-killed-silent") -> World:
    world = world_of(_exhausted(scenario))
    machine_of(world).hidden["has_agent"] = True
    return world


def _call(permission: str, resource: str, service: str) -> OriginalCall:
    return OriginalCall(
        principal=ACCOUNT,
        permission=Permission(permission),
        service=service,
        resource=resource,
        project=f"projects/{PROJECT}",
    )


_PUBLISH = _call("pubsub.topics.publish", TOPIC, "pubsub.googleapis.com")
_UPLOAD = _call("storage.objects.create", BUCKET, "storage.googleapis.com")
_READ = _call("logging.logEntries.list", f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}",
              "logging.googleapis.com")  # fmt: skip
_TOKEN = _call("iam.serviceAccounts.getAccessToken",
               f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/{ACCOUNT}", API)  # fmt: skip
_CHANGES: tuple[Case, ...] = (
    Case(name="grant on a bucket", world=lambda: plain_world(START), call=_UPLOAD,
         works=_grant(BUCKET, "roles/storage.objectCreator", conditional=True)),
    Case(name="grant on a topic", world=lambda: plain_world(START), call=_PUBLISH,
         works=_grant(TOPIC, "roles/pubsub.publisher", conditional=False)),
    Case(name="grant on a project", world=lambda: plain_world(START), call=_READ,
         works=_grant(_READ.resource or "", "roles/logging.viewer", conditional=True)),
    Case(name="enable an API", world=lambda: plain_world(START), call=_TOKEN, switches=API,
         works=lambda _: ((Enable(project=f"projects/{PROJECT}", service=API),),)),
    Case(name="VM access", world=lambda: plain_world(START), call=_UPLOAD, works=lambda world: ((_access(world),),),
         habits={"takes": SECONDS, "has_agent": True}),
)  # fmt: skip
_OTHERS: tuple[Case, ...] = (
    Case(name="VM reset", world=_exhausted_world, ends=("could_not_tell",), habits={"takes": SECONDS},
         works=lambda world: ((Recover(machine=_named(world)),),)),
    Case(name="VM resize", world=lambda: _exhausted_world("story3-outgrown"), ends=("could_not_tell",), resizes=True,
         works=lambda world: ((_resize(world),),), habits={"takes": SECONDS}),
    Case(name="grant that was there", world=_present_world, ends=("nothing", "could_not_tell"),
         works=_grant(TOPIC, "roles/pubsub.publisher", conditional=False)),
    Case(name="grant on a topic, logged late", world=_late_world(lambda: plain_world(START)), call=_PUBLISH,
         works=_grant(TOPIC, "roles/pubsub.publisher", conditional=False), only=DOUBTFUL,
         ends=("fixed", "could_not_tell")),
    Case(name="grant that was there, logged late", world=_late_world(_present_world), only=DOUBTFUL,
         ends=("nothing", "could_not_tell"), works=_grant(TOPIC, "roles/pubsub.publisher", conditional=False)),
    Case(name="VM access, stopped before", world=_stopped_world, ends=("could_not_tell",),
         works=lambda world: ((_access(world),),), habits={"takes": SECONDS}),
    Case(name="VM access, twice at once", world=lambda: plain_world(START), ends=("fixed", "refused"), call=_UPLOAD,
         works=lambda world: ((_access(world),), (_access(world, (PLATFORM,)),)),
         habits={"takes": SECONDS, "has_agent": True}),
    Case(name="VM access, does not come up", world=lambda: plain_world(START), ends=("failed",),
         works=lambda world: ((_access(world),),), may_roll_back=True, begins_as="VM access",
         habits={"takes": SECONDS, "boot_log": ""}),
)  # fmt: skip


def _undo_of(case: Case) -> Case:
    """The same taken back; an API that was called is in use, so that nobody may switch it off again."""
    call = case.call if case.call.service != API else OriginalCall()
    return replace(case, name=f"undo: {case.name}", undoes=True, call=call, ends=("undone",))


def _end_of(case: Case) -> Case:
    """The same grant coming to its end by itself."""
    return replace(case, name=f"end: {case.name}", expires=True, ends=("undone",))


_EVERY = (*_CHANGES, *_OTHERS, *map(_undo_of, _CHANGES), *map(_end_of, _CHANGES[:3]))
CASES: dict[str, Case] = {one.name: one for one in _EVERY}
__all__ = ["CASES", "START", "UNTIL", "ZONE", "Case"]
