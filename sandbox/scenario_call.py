"""The call of a scenario as a request, the program that makes it, and what that program logs of a refusal."""

from __future__ import annotations

from msgspec import Struct

from sandbox import scenario_names as names
from sandbox.callers import COLLECTIONS, Outcome, Request
from sandbox.closed_yaml import meant
from sandbox.machines import path_of
from sandbox.scenario_parts import Note, account_project
from sandbox.scenario_policies import check_account
from sandbox.scenario_spec import CallPart
from sandbox.world import Json, World

SINK = ("Out of memory: Kill", "invoked oom-killer", "Memory cgroup out of memory")
"""What the recommended log sink looks for in serial output."""
SERIAL_LOG = "/logs/serialconsole.googleapis.com%2F"


class Workload(Struct, frozen=True, kw_only=True):
    """The program that makes the call, as Cloud Logging knows it: its log, its monitored resource, how it writes."""

    log: str
    resource: Json
    structured: bool = False


def request_of(world: World, call: CallPart, note: Note) -> Request:
    """The call with every name in full; what is wrong with it is noted."""
    on, wrong = _target(world, call)
    if call.do not in COLLECTIONS:
        hint = meant(call.do, list(COLLECTIONS)) or f"; known are {', '.join(COLLECTIONS)}"
        note("call.do", f"{call.do!r} is no call{hint}")
    elif not wrong and (lacking := [one for one in COLLECTIONS[call.do] if f"/{one}/" not in on]):
        wrong = f"{call.do} is made on a name with {' and '.join(f'{one}/…' for one in lacking)}, unlike {on}"
    if wrong:
        note("call.on", wrong)
    for field, project in (("call.billed_to", call.billed_to), ("call.in", call.within)):
        if project and world.project(project) is None:
            note(field, f"there is no project {project}")
    return Request(
        do=call.do,
        on=on,
        token=_token(world, call, note),
        impersonating=names.email(call.impersonating),
        billed_to=call.billed_to,
        within=call.within or _own_project(world, call) if call.do == "query" else "",
    )


def _target(world: World, call: CallPart) -> tuple[str, str]:
    """The full name of what the call is made on; an account to impersonate need not exist."""
    if call.on.startswith("accounts/") and "@" in call.on:
        email = names.email(call.on.removeprefix("accounts/"))
        project = account_project(world, email) or "-"
        return f"//iam.googleapis.com/projects/{project}/serviceAccounts/{email}", ""
    return names.resource(world, call.on)


def _token(world: World, call: CallPart, note: Note) -> str:
    kind, _, name = call.caller.partition(":")
    if kind == "vm":
        full, wrong = names.resource(world, f"machines/{name}")
        if wrong:
            note("call.as", wrong)
        return f"vm:{path_of(full)}"
    if kind not in ("user", "serviceAccount", "key", "principal"):
        note("call.as", f"{call.caller!r} is nobody: write user:, serviceAccount:, key:EMAIL, vm:NAME or principal://")
    if kind in ("serviceAccount", "key"):
        check_account(world, names.email(name), "call.as", note)
    return f"key:{names.email(name)}" if kind == "key" else f"as:{names.member(call.caller)}"


def _own_project(world: World, call: CallPart) -> str:
    """The project of the calling account, or of the machine; "" for people."""
    kind, _, name = call.caller.partition(":")
    if kind == "vm":
        full, _ = names.resource(world, f"machines/{name}")
        return names.owner(world, full) if full else ""
    return account_project(world, names.email(name)) if kind in ("serviceAccount", "key") else ""


def workload_of(world: World, call: CallPart, note: Note) -> Workload:
    """Where the call is made from: as the file says, else the caller's machine, else a Cloud Run service `worker`."""
    own = _own_project(world, call) or next((one.project for one in world.of_kind("projects")), "")
    printed_on = call.printed_on or (f"machines/{call.caller.partition(':')[2]}" if call.caller[:3] == "vm:" else "")
    kind, _, name = printed_on.partition("/")
    if kind == "machines":
        return _on_machine(world, printed_on, note)
    if kind == "pods":
        namespace, _, pod = name.rpartition("/")
        labels = {"location": "europe-west1", "cluster_name": "web", "namespace_name": namespace or "default"}
        return _workload(own, "stderr", "k8s_container", labels | {"pod_name": pod, "container_name": "app"})
    if printed_on and kind != "run_services":
        note("call.printed_on", f"{printed_on!r} is none of machines/NAME, pods/NAMESPACE/POD, run_services/NAME")
    if call.caller.startswith("user:") and not printed_on:
        return _workload(own, "client", "global", {})
    labels = {
        "location": "europe-west1",
        "service_name": name or "worker",
        "revision_name": f"{name or 'worker'}-00001",
    }
    labels["configuration_name"] = labels["service_name"]
    return _workload(own, "run.googleapis.com%2Fstderr", "cloud_run_revision", labels)


def _on_machine(world: World, named: str, note: Note) -> Workload:
    full, wrong = names.resource(world, named)
    machine = world.get(full) if full else None
    if machine is None:
        note("call.printed_on", wrong or f"there is no {full}")
        return _workload("", "app", "gce_instance", {})
    labels = {"zone": path_of(full).split("/")[3], "instance_id": machine.body["id"]}
    made = _workload(machine.project, "app", "gce_instance", labels)
    return Workload(log=made.log, resource=made.resource, structured=True)


def _workload(project: str, log: str, kind: str, labels: Json) -> Workload:
    return Workload(
        log=f"projects/{project}/logs/{log}",
        resource={"type": kind, "labels": {"project_id": project, **labels}},
    )


def write_application_entry(world: World, workload: Workload, outcome: Outcome) -> Json:
    """What a Python program logs of an uncaught error: the last line of its traceback.

    The Ops Agent of a machine makes it a structured entry; containers write it as text.
    """
    line = f"{outcome.error}: {outcome.text}"
    payload: Json = {"jsonPayload": {"message": line}} if workload.structured else {"textPayload": line}
    return world.log({"logName": workload.log, "resource": workload.resource, "severity": "ERROR", **payload})


def serial_kill(world: World) -> Json | None:
    """The last line of a serial console about a kill, as the recommended sink would deliver it."""
    found = [
        one
        for one in world.entries
        if SERIAL_LOG in one["logName"] and any(words in one["textPayload"] for words in SINK)
    ]
    return found[-1] if found else None
