"""The parts of a scenario file as resources of a world, in the words of Google's REST representations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

from sandbox import scenario_names as names
from sandbox.bigquery_tables import add_dataset, add_table
from sandbox.closed_yaml import meant
from sandbox.discovery import problems
from sandbox.machines import LINK, add_machine, region_of
from sandbox.scenario_spec import Account, Machine, Named, Spec
from sandbox.services.artifact_registry import add_repository
from sandbox.services.cloud_run import add_service
from sandbox.services.kms import add_key, add_key_ring
from sandbox.services.pubsub import add_subscription, add_topic
from sandbox.services.secret_manager import add_secret
from sandbox.services.storage import add_bucket
from sandbox.world import CRM, Json, Resource, World

Note = Callable[[str, str], None]
"""Keeps one problem: where in the file, and what."""
AUTH = "https://www.googleapis.com/auth/"
BEHAVIOUR = ("takes", "graceful_takes", "stop_hangs", "start_stockouts", "no_room_for", "fails", "loses_operations",
             "serial_page", "boot_log", "managed_by", "member_of")  # fmt: skip
"""How a machine may misbehave, of what `sandbox/machines.py` describes: what can be written in YAML."""
DEFAULT_SCOPES = (
    "devstorage.read_only",
    "logging.write",
    "monitoring.write",
    "service.management.readonly",
    "servicecontrol",
    "trace.append",
)
"""What the console gives a new machine (Compute Engine, "Default scopes"); gcloud adds pubsub."""


def add_containers(world: World, spec: Spec, note: Note) -> None:
    """The organisation, its folders and projects."""
    top = f"{CRM}/organizations/{spec.organization.id}"
    body = {"name": f"organizations/{spec.organization.id}", "displayName": spec.organization.domain, "state": "ACTIVE"}
    hidden: Json = {"only_domain": True} if spec.organization.only_domain else {}
    world.add(Resource(name=top, kind="organizations", body=body, hidden=hidden))
    for alias, folder in spec.folders.items():
        parent = _above(spec, folder.inside, f"folders.{alias}.inside", note) if folder.inside else top
        body = {"name": f"folders/{folder.id}", "parent": parent.removeprefix(f"{CRM}/"), "displayName": alias}
        hidden = {"alias": alias}
        world.add(Resource(name=f"{CRM}/folders/{folder.id}", kind="folders", parent=parent,
                           body=body | {"state": "ACTIVE"}, hidden=hidden))  # fmt: skip
    if not spec.projects:
        note("projects", "at least one project is needed; leave projects out for acme-web and acme-data")
    for project in spec.projects:
        _add_project(world, spec, project, note)


def _above(spec: Spec, alias: str, at: str, note: Note) -> str:
    if alias in spec.folders:
        return f"{CRM}/folders/{spec.folders[alias].id}"
    note(at, f"there is no folder {alias}{meant(alias, list(spec.folders))}")
    return f"{CRM}/organizations/{spec.organization.id}"


def _add_project(world: World, spec: Spec, name: str, note: Note) -> None:
    one, at = spec.projects[name], f"projects.{name}"
    if not one.number.isdecimal():
        note(f"{at}.number", f"{one.number!r} is no project number")
    parent = ""
    if not one.outside:
        parent = _above(spec, one.folder, at, note) if one.folder else f"{CRM}/organizations/{spec.organization.id}"
    body: Json = {"name": f"projects/{one.number}", "projectId": name, "state": "ACTIVE", "displayName": name}
    if parent:
        body["parent"] = parent.removeprefix(f"{CRM}/")
    if one.labels:
        body["labels"] = one.labels
    hidden: Json = {"off": list(one.off), "data_access": one.data_access_logs}
    world.resources[f"{CRM}/projects/{name}"] = Resource(
        name=f"{CRM}/projects/{name}", kind="projects", project=name, parent=parent, body=body, hidden=hidden
    )


def add_accounts(world: World, spec: Spec, note: Note) -> None:
    """Service accounts with their unique ids, and groups."""
    listed: dict[str, Account | None] = (
        spec.accounts if isinstance(spec.accounts, dict) else dict.fromkeys(spec.accounts)
    )
    for short, one in listed.items():
        project = account_project(world, names.email(short))
        if not project:
            note(f"accounts.{short}", "its project is none of `projects`; write NAME@PROJECT or the whole address")
        else:
            add_account(world, names.email(short), project, one or Account())
    world.groups = {group: [names.member(each) for each in inside] for group, inside in spec.groups.items()}


def account_project(world: World, email: str) -> str:
    """The id of the project that owns an account, read from its address; "" if there is no such project."""
    local, _, domain = email.partition("@")
    number = local.removesuffix("-compute") if domain == "developer.gserviceaccount.com" else ""
    found = world.project(number or (local if domain.startswith("appspot.") else domain.partition(".")[0]))
    return found.project if found else ""


def add_account(world: World, email: str, project: str, one: Account) -> Resource:
    """A service account as serviceAccounts.get describes it."""
    name = f"projects/{project}/serviceAccounts/{email}"
    unique = one.unique_id or f"1{number_from(email, 20)}"
    body: Json = {"name": name, "projectId": project, "uniqueId": unique, "email": email, "oauth2ClientId": unique}
    if one.disabled:
        body["disabled"] = True
    return world.add(Resource(name=f"//iam.googleapis.com/{name}", kind="serviceAccounts", project=project, body=body))


def number_from(text: str, digits: int) -> str:
    """A number of so many digits that always follows from a text."""
    return str(int(sha256(text.encode()).hexdigest(), 16) % 10**digits).zfill(digits)


def add_data(world: World, spec: Spec, note: Note) -> None:
    """Buckets, topics, secrets and everything else that projects hold, machines apart."""
    for project, bucket, objects in _named(world, "buckets", spec.buckets, note):
        _add_objects(world, add_bucket(world, project, bucket), objects)
    for project, topics in spec.topics.items():
        if _project(world, "topics", project, note):
            for topic in topics:
                add_topic(world, project, topic)
    for project, subscriptions in spec.subscriptions.items():
        if _project(world, "subscriptions", project, note):
            for name, one in subscriptions.items():
                full, wrong = names.resource(world, f"topics/{one.topic}")
                if wrong:
                    note(f"subscriptions.{project}.{name}.topic", wrong)
                else:
                    add_subscription(world, world.resources[full], name, project)
    for project, secret, values in _named(world, "secrets", spec.secrets, note):
        add_secret(world, project, secret, *(value.encode() for value in values or ["hunter2"]))
    for project, dataset, tables in _named(world, "datasets", spec.datasets, note):
        made = add_dataset(world, project, dataset)
        for table in tables:
            add_table(world, made, table, 1, 2, 3)
    _add_located(world, spec, note)


def _named(world: World, part: str, by_project: dict[str, Named], note: Note) -> Iterator[tuple[str, str, list[str]]]:
    for project, listed in by_project.items():
        if _project(world, part, project, note):
            pairs = listed.items() if isinstance(listed, dict) else [(one, []) for one in listed]
            for name, inside in pairs:
                yield project, name, inside


def _project(world: World, part: str, project: str, note: Note) -> bool:
    known = [one.project for one in world.of_kind("projects")]
    if project not in known:
        note(f"{part}.{project}", f"there is no project {project}{meant(project, known)}")
    return project in known


def _add_objects(world: World, bucket: Resource, objects: list[str]) -> None:
    for name in objects:
        inside = {"kind": "storage#object", "id": f"{bucket.body['id']}/{name}/1", "name": name, "size": "4"}
        full = f"{bucket.name}/objects/{name}"
        world.add(Resource(name=full, kind="objects", parent=bucket.name, project=bucket.project,
                           body=inside | {"bucket": bucket.body["id"]}, hidden={"media": b"meow"}))  # fmt: skip


def _add_located(world: World, spec: Spec, note: Note) -> None:
    """What stands in a location: keys (`LOCATION/RING/KEY`), repositories and Cloud Run services (`LOCATION/NAME`)."""
    for project, (location, ring, key) in _paths(world, "keys", spec.keys, 3, note):
        full = f"//cloudkms.googleapis.com/projects/{project}/locations/{location}/keyRings/{ring}"
        add_key(world, world.get(full) or add_key_ring(world, project, location, ring), key)
    for project, (location, name) in _paths(world, "repositories", spec.repositories, 2, note):
        add_repository(world, project, location, name, "app@sha256:4f2c")
    for project, (location, name) in _paths(world, "run_services", spec.run_services, 2, note):
        add_service(world, project, location, name)


def _paths(
    world: World, part: str, by_project: dict[str, list[str]], parts: int, note: Note
) -> Iterator[tuple[str, list[str]]]:
    for project, paths in by_project.items():
        if not _project(world, part, project, note):
            continue
        for place, path in enumerate(paths):
            split = path.split("/")
            if len(split) == parts and all(split):
                yield project, split
            else:
                form = "LOCATION/RING/KEY" if parts == 3 else "LOCATION/NAME"
                note(f"{part}.{project}[{place}]", f"{path!r} is not written {form}")


def add_machines(world: World, spec: Spec, note: Note) -> None:
    """Virtual machines with the account and the scopes that their metadata server hands out."""
    for project, machines in spec.machines.items():
        if not _project(world, "machines", project, note):
            continue
        for name, one in machines.items():
            machine = one or Machine()
            account = names.email(machine.account)
            if account and not any(known.body["email"] == account for known in world.of_kind("serviceAccounts")):
                note(f"machines.{project}.{name}.account", f"there is no account {account}; name it under accounts")
            _add_machine(world, project, name, machine, note)


def _add_machine(world: World, project: str, name: str, one: Machine, note: Note) -> None:
    at = f"machines.{project}.{name}"
    for key in one.behaves:
        if key not in BEHAVIOUR:
            hint = meant(key, list(BEHAVIOUR)) or f"; known are {', '.join(BEHAVIOUR)}"
            note(f"{at}.behaves.{key}", f"not known here{hint}")
    more: Json = {"labels": one.labels, **one.body} if one.labels else one.body
    made = add_machine(
        world,
        name,
        project=project,
        zone=one.zone,
        account=names.email(one.account),
        scopes=tuple(scopes_of(one)),
        hidden={"has_agent": bool(one.agent.heard), **one.behaves},
        status=one.status,
        **more,
    )
    for wrong in problems("compute.v1", "Instance", made.body):
        note(f"{at}.body", f"compute.v1 has no such instance: {wrong}")
    _add_subnetwork(world, project, region_of(one.zone), enabled=one.flow_logs)
    items = [{"key": key, "value": value} for key, value in one.metadata.items()]
    if items:
        made.body["metadata"].setdefault("items", []).extend(items)


def _add_subnetwork(world: World, project: str, region: str, *, enabled: bool) -> None:
    """The default subnetwork of a region, with VPC flow logs on or off."""
    path = f"projects/{project}/regions/{region}/subnetworks/default"
    config: Json = {"enable": True, "flowSampling": 0.5, "aggregationInterval": "INTERVAL_5_SEC"}
    body = {
        "kind": "compute#subnetwork",
        "name": "default",
        "selfLink": f"{LINK}/{path}",
        "ipCidrRange": "10.132.0.0/20",
        "enableFlowLogs": enabled,
        "logConfig": config if enabled else {"enable": False},
    }
    world.add(Resource(name=f"//compute.googleapis.com/{path}", kind="subnetworks", project=project, body=body))


def scopes_of(machine: Machine) -> Iterator[str]:
    """The scopes of a machine as the API gives them."""
    listed = [machine.scopes] if isinstance(machine.scopes, str) else machine.scopes
    for one in DEFAULT_SCOPES if listed == ["default"] else listed:
        yield one if one.startswith("https://") else f"{AUTH}{one}"
