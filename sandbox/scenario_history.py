"""What happened before the call: done in order on the sandbox's own clock, so that state and logs agree.

Policies and APIs are changed through the doors that real clients use; what a machine printed becomes log entries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sandbox import audit
from sandbox import scenario_names as names
from sandbox.caller import Caller
from sandbox.discovery import methods
from sandbox.door import Call, Door, Kind
from sandbox.errors import Refusal
from sandbox.machines import stamp as start_stamp
from sandbox.scenario_parts import Note, account_project
from sandbox.scenario_spec import Event, Machine, Spec
from sandbox.services import doors
from sandbox.world import Json, Resource, World

LONG_AGO = timedelta(days=90)
"""How far back the history of a scenario may reach."""
Happening = tuple[datetime, Callable[[], None]]
POLICIES = {
    "projects": "cloudresourcemanager.projects",
    "folders": "cloudresourcemanager.folders",
    "organizations": "cloudresourcemanager.organizations",
    "buckets": "storage.buckets",
    "serviceAccounts": "iam.projects.serviceAccounts",
    "topics": "pubsub.projects.topics",
    "subscriptions": "pubsub.projects.subscriptions",
    "secrets": "secretmanager.projects.secrets",
    "tables": "bigquery.tables",
    "cryptoKeys": "cloudkms.projects.locations.keyRings.cryptoKeys",
    "repositories": "artifactregistry.projects.locations.repositories",
    "services": "run.projects.locations.services",
}
"""The discovery id before `.setIamPolicy` for each collection."""
ACCOUNT_DOES = {
    "CreateServiceAccount": "create",
    "DeleteServiceAccount": "delete",
    "DisableServiceAccount": "disable",
    "EnableServiceAccount": "enable",
}
DELETES = {
    "buckets": "storage.buckets.delete",
    "topics": "google.pubsub.v1.Publisher.DeleteTopic",
    "subscriptions": "google.pubsub.v1.Subscriber.DeleteSubscription",
    "secrets": "google.cloud.secretmanager.v1.SecretManagerService.DeleteSecret",
    "datasets": "google.cloud.bigquery.v2.DatasetService.DeleteDataset",
    "tables": "google.cloud.bigquery.v2.TableService.DeleteTable",
}
"""The method by which each kind of resource is deleted, as audit logs name it."""
UPTIME = re.compile(r"^\[ *(\d+\.\d+)\]", re.MULTILINE)
SERIAL_LOG, HEALTH_LOG = "serialconsole.googleapis.com%2Fserial_port_1_output", "ops-agent-health"


def happenings(world: World, spec: Spec, now: datetime, note: Note) -> list[Happening]:
    """Everything that happened before now, oldest first; what cannot have happened is noted."""
    found: list[Happening] = []
    for place, event in enumerate(spec.history):
        at = f"history[{place}]"
        when = _past(event.at, now, f"{at}.at", note)
        if when is not None:
            found.append((when, _done(world, event, at, note)))
    for project, machines in spec.machines.items():
        for name, one in machines.items():
            found += _printed(world, project, name, one or Machine(), now, note)
    return sorted(found, key=lambda pair: pair[0])


def _past(text: str, now: datetime, at: str, note: Note) -> datetime | None:
    when = names.time(text, now)
    if when is None:
        note(at, f"{text!r} is no time; write 2026-11-21T10:00:00Z, or -5m, -2h, -1d from now")
    elif not now - LONG_AGO <= when <= now:
        wrong = "after now" if when > now else f"more than {LONG_AGO.days} days ago"
        note(at, f"{text!r} is {wrong}; history is what happened before the call")
        return None
    return when


def _done(world: World, event: Event, at: str, note: Note) -> Callable[[], None]:
    def happens() -> None:
        try:
            said = _do(world, event)
        except Refusal as refusal:
            said = f"{event.did} is refused: {refusal.message}"
        if said:
            note(at, said)

    return happens


def _do(world: World, event: Event) -> str:
    """Do what was done, and log it; what is wrong with it, if anything."""
    if event.did in ACCOUNT_DOES:
        return _change_account(world, event)
    full, wrong = names.resource(world, event.on)
    if wrong:
        return wrong
    if event.did == "SetIamPolicy":
        return _set_policy(world, event, full)
    if event.did == "Delete":
        return _delete(world, event, full)
    return _switch_api(world, event, full)


def _somebody(world: World, member: str) -> Caller:
    kind, _, name = names.member(member).partition(":")
    return Caller(member=f"{kind}:{name}", email=name, project=account_project(world, name))


def _through(world: World, event: Event, id_: str, params: dict[str, str], body: Json) -> str:
    """Make a call through a door of the sandbox with full rights, and log it as if it had just been made."""
    if id_ not in doors():
        return f"the sandbox has no {id_}"
    method, door = doors()[id_]
    call = Call(params=params, body=body, caller=_somebody(world, event.by))
    door.answer(world, call)
    audit.record(world, method.service, door, call, None)
    return ""


def _set_policy(world: World, event: Event, full: str) -> str:
    resource = world.get(full)
    if resource is None:
        return f"there is no {full}"
    if resource.kind not in POLICIES:
        return f"{resource.kind} carry no policy that could be set"
    bindings, wrong = _changed(resource.policy().get("bindings", []), event)
    if wrong:
        return wrong
    id_ = f"{POLICIES[resource.kind]}.setIamPolicy"
    path = full.removeprefix("//").partition("/")[2]
    name = methods(doors()[id_][0].api)[id_].path_parameters[0] if id_ in doors() else "resource"
    version = 3 if any("condition" in one for one in bindings) else 1
    policy = {"bindings": bindings, "version": version}
    params = {name: path.rpartition("/")[2] if name == "bucket" else path}
    return _through(world, event, id_, params, policy if name == "bucket" else {"policy": policy})


def _changed(bindings: list[Json], event: Event) -> tuple[list[Json], str]:
    """The bindings after an event: members taken out of the bindings of their role, conditional ones too, and added."""
    now = [{**one, "members": list(one["members"])} for one in bindings]
    for text in event.removed:
        role, _, member = text.partition(" ")
        held = [one for one in now if one["role"] == role and names.member(member) in one["members"]]
        if not held:
            return [], f"{text!r} cannot be removed: it was not granted there"
        for one in held:
            one["members"].remove(names.member(member))
    for text in event.added:
        role, _, member = text.partition(" ")
        if not member:
            return [], f"{text!r} is not written ROLE MEMBER"
        now.append({"role": role, "members": [names.member(member)]})
    if not event.removed and not event.added:
        return [], "it neither added nor removed anything; write added or removed"
    return [one for one in now if one["members"]], ""


def _switch_api(world: World, event: Event, full: str) -> str:
    if not event.service:
        return f"{event.did} needs the service that was switched"
    project = world.get(full)
    if project is None or project.kind != "projects":
        return f"{event.did} is done on a project"
    verb = "enable" if event.did == "EnableService" else "disable"
    name = f"projects/{project.project}/services/{event.service}"
    return _through(world, event, f"serviceusage.services.{verb}", {"name": name}, {})


def _delete(world: World, event: Event, full: str) -> str:
    """Take a resource and everything in it away."""
    resource = world.get(full)
    if resource is None:
        return f"there is no {full}"
    if resource.kind not in DELETES:
        return f"{resource.kind} cannot be deleted here; these can: {', '.join(DELETES)}"
    service = full.removeprefix("//").partition("/")[0]
    permission = f"{service.partition('.')[0]}.{resource.kind}.delete"
    door = _door(DELETES[resource.kind], permission, full)
    call = Call(params={}, body={}, caller=_somebody(world, event.by))
    audit.record(world, service, door, call, None)
    for name in [one for one in world.resources if one == full or one.startswith(f"{full}/")]:
        del world.resources[name]
    return ""


def _door(rpc: str, permission: str, on: str) -> Door:
    """A door that only the log sees."""
    return Door(id=rpc, rpc=rpc, permission=permission, on=lambda _, __: on, answer=lambda _, __: {},
                kind=Kind.ADMIN_WRITE)  # fmt: skip


def _change_account(world: World, event: Event) -> str:
    """Make, delete or switch an account; policies follow it by its unique id."""
    email = names.email(event.on.removeprefix("accounts/"))
    project, verb = account_project(world, email), ACCOUNT_DOES[event.did]
    if not project:
        return f"{email} is in none of the projects"
    if verb != "create":
        name = f"projects/{project}/serviceAccounts/{email}"
        return _through(world, event, f"{POLICIES['serviceAccounts']}.{verb}", {"name": name}, {})
    body = {"accountId": email.partition("@")[0]}
    return _through(world, event, f"{POLICIES['serviceAccounts']}.create", {"name": f"projects/{project}"}, body)


def _printed(world: World, project: str, name: str, one: Machine, now: datetime, note: Note) -> list[Happening]:
    """What a machine's console and its agent wrote, line by line."""
    machine = world.get(f"//compute.googleapis.com/projects/{project}/zones/{one.zone}/instances/{name}")
    if machine is None:
        return []
    at = f"machines.{project}.{name}"
    labels = {"project_id": project, "zone": one.zone, "instance_id": machine.body["id"]}
    found: list[Happening] = []

    def entry(log: str, payload: Json, severity: str) -> Callable[[], None]:
        resource = {"type": "gce_instance", "labels": labels}
        said = {"logName": f"projects/{project}/logs/{log}", "resource": resource, "severity": severity, **payload}

        def writes() -> None:
            world.log(said)

        return writes

    def line(text: str) -> Callable[[], None]:
        def prints() -> None:
            machine.hidden["serial"] = machine.hidden.get("serial", "") + f"{text}\n"
            if one.metadata.get("serial-port-logging-enable", "").lower() in ("true", "1"):
                entry(SERIAL_LOG, {"textPayload": text}, "INFO")()

        return prints

    for text, lines in one.serial.items():
        when = _past(text, now, f"{at}.serial", note)
        if when is not None:
            _start_before(machine, one, when, lines)
            printed = enumerate(lines.splitlines())
            found += [(when + timedelta(milliseconds=place), line(each)) for place, each in printed]
    machine.hidden["memory"] = sorted(_measured(one, now, f"{at}.memory", note))
    heard = [when for each in one.agent.heard if (when := _past(each, now, f"{at}.agent.heard", note))]
    for when in sorted(heard):
        code = one.agent.codes if when == max(heard) else []
        found += [(when, entry(HEALTH_LOG, payload, level)) for payload, level in _beats(code)]
    return found


def _measured(one: Machine, now: datetime, at: str, note: Note) -> Iterator[tuple[datetime, float]]:
    """How full a machine's memory was measured to be, by when."""
    for text, percent in one.memory.items():
        when = _past(text, now, at, note)
        if not isinstance(percent, int | float) or not 0 <= percent <= 100:
            note(at, f"{percent!r} is no share in percent")
        elif when is not None:
            yield when, float(percent)


def _start_before(machine: Resource, one: Machine, when: datetime, lines: str) -> None:
    """A machine whose console counts its uptime was started that long before, unless the scenario says when."""
    uptime = UPTIME.search(lines)
    if uptime and "lastStartTimestamp" not in one.body:
        machine.body["lastStartTimestamp"] = start_stamp(when - timedelta(seconds=float(uptime.group(1))))


def _beats(codes: list[str]) -> list[tuple[Json, str]]:
    """A sign of life of the Ops Agent, and what its self-check failed with."""
    said: list[tuple[Json, str]] = [({"jsonPayload": {"code": "LogPingOpsAgent"}}, "DEBUG")]
    for code in codes:
        message = f"[API Check] Result: FAIL, Error code: {code}"
        said.append(({"jsonPayload": {"code": code, "message": message, "severity": "ERROR"}}, "ERROR"))
    return said
