"""What a permission needs beside it to be of use, and the custom role that a person may create of just that.

Only what Google documents is listed, each row with its page. What only some calls need, and what is checked on another
resource, is told and never put into a proposal; so is whatever is more dangerous than the ask itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from shlex import quote

from shared.grants.danger import floor_of, is_project
from shared.model.names import Permission, parse_permission
from shared.model.plan import T3, Tier
from shared.model.role import Companion, CustomRole, Stage

ANYWHERE = "//anything/resource"
"""No project: the floor of a permission on a resource of its own."""
MOST_PERMISSIONS, MOST_BYTES = 3_000, 65_536
LONGEST_ID, LONGEST_TITLE = 64, 100
"""Limits of one custom role. Source: "IAM quotas and limits"."""
MOST_TOLD = 3
UNKNOWN_PROJECT = "PROJECT_ID"
DESCRIPTION = "Proposed by unforbid: the permissions of a refused call, with those documented to go with them."
TOO_LARGE = "a custom role of all of them would be larger than the 3,000 permissions and 64 KB that Google allows"

_IN_PERMISSION = dict.fromkeys(map(ord, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-"))
_IN_PROJECT = dict.fromkeys(map(ord, "abcdefghijklmnopqrstuvwxyz0123456789-.:"))
"""What may stand in a name, as a translation that deletes it: whatever is left over may not."""
_PROJECT = "the project"

_STORAGE, _XML = "IAM permissions for gcloud storage commands", "IAM permissions for XML methods"
_PUBSUB, _DNS = "Pub/Sub: Access control", "Cloud DNS: Roles and permissions"
_READ_API, _SPANNER = "BigQuery Storage Read API: required permissions", "Spanner: IAM overview"
_ENABLING, _SNAPSHOTS = "Service Usage API: services.enable", "Create disk snapshots: required permissions"
_MISSING = "for recursive copies and wildcards; without it a missing object looks like a missing permission"
_SCHEMA = "clients read the schema before the rows"
_QUERIES, _QUERY = "the project that runs the query", "BigQuery: Run a query, required permissions"
_ROWS = (
    # beside, what goes with it, why, source, what it is checked on ("": the same resource), whether each call needs it
    ("storage.objects.get", "storage.objects.list", _MISSING, _STORAGE, "", False),
    ("storage.objects.list", "storage.objects.get", "to read what is listed", _STORAGE, "", False),
    # uploads, also resumable ones, need nothing beside create
    ("storage.objects.create", "storage.objects.delete", "to overwrite an object", _STORAGE, "", False),
    ("storage.objects.create", "storage.multipartUploads.create", "for multipart uploads in XML", _XML, "", False),
    ("bigquery.tables.getData", "bigquery.tables.get", _SCHEMA, "BigQuery client library: list_rows", "", True),
    ("bigquery.tables.getData", "bigquery.jobs.create", "to query it", _QUERY, _QUERIES, False),
    ("bigquery.readsessions.create", "bigquery.readsessions.getData", "to read its rows", _READ_API, "", True),
    ("bigquery.readsessions.create", "bigquery.tables.getData", "it reads a table", _READ_API, "the table", True),
    ("cloudsql.instances.connect", "cloudsql.instances.get", "to look it up", "Cloud SQL Auth Proxy", "", True),
    ("pubsub.subscriptions.create", "pubsub.topics.attachSubscription", "it hangs on one", _PUBSUB, "the topic", True),
    (
        "pubsub.snapshots.create",
        "pubsub.subscriptions.consume",
        "it is taken of one",
        _PUBSUB,
        "the subscription",
        True,
    ),
    ("spanner.databases.select", "spanner.sessions.create", "every read runs in a session", _SPANNER, "", True),
    ("spanner.databases.read", "spanner.sessions.create", "every read runs in a session", _SPANNER, "", True),
    ("dns.changes.create", "dns.resourceRecordSets.create", "for records that it adds", _DNS, "", False),
    ("dns.changes.create", "dns.resourceRecordSets.update", "for records that it changes", _DNS, "", False),
    ("dns.changes.create", "dns.resourceRecordSets.delete", "for records that it removes", _DNS, "", False),
    ("serviceusage.services.enable", "serviceusage.services.get", "to see whether it is on", _ENABLING, "", True),
    ("serviceusage.services.enable", "serviceusage.operations.get", "to learn when it is on", _ENABLING, "", True),
    ("compute.instances.attachDisk", "compute.disks.use", "it is asked too", "instances.attachDisk", "the disk", True),
    ("compute.disks.createSnapshot", "compute.snapshots.create", "it lands there", _SNAPSHOTS, _PROJECT, True),
    (
        "compute.disks.createSnapshot",
        "compute.zoneOperations.get",
        "to learn when it is done",
        _SNAPSHOTS,
        _PROJECT,
        True,
    ),
    (
        "workflows.executions.create",
        "workflows.executions.get",
        "to wait for its result",
        "Execute a workflow",
        "",
        False,
    ),
)
_MACHINE_VERBS = "start stop reset suspend resume setMachineType setLabels setTags attachDisk detachDisk"
_ON_MACHINES = (
    ("compute.instances.get", "gcloud and Terraform read the machine first", "Compute Engine API: instances.get", ""),
    ("compute.zoneOperations.get", "to learn when it is done", "Compute Engine API: zoneOperations.get", _PROJECT),
)
_RUNNERS = (
    "run.services.create run.services.update run.jobs.create run.jobs.update cloudfunctions.functions.create "
    "cloudfunctions.functions.update compute.instances.create compute.instances.setServiceAccount dataflow.jobs.create "
    "dataproc.clusters.create"
)
_ACT_AS = ("iam.serviceAccounts.actAs", "to let it run as that account", "Attach service accounts to resources")


def _companion(row: tuple[str, str, str, str, str, bool]) -> Companion:
    beside, permission, why, source, on, always = row
    return Companion(
        permission=Permission(permission), beside=Permission(beside), why=why, on=on, always=always, source=source
    )


COMPANIONS = (
    *map(_companion, _ROWS),
    *(_companion((f"compute.instances.{verb}", *row, True)) for verb in _MACHINE_VERBS.split() for row in _ON_MACHINES),
    *(_companion((beside, *_ACT_AS, "the account itself", True)) for beside in _RUNNERS.split()),
)


def companions_of(asked: Sequence[Permission]) -> tuple[Companion, ...]:
    """What Google documents to go with some permissions and is not among them."""
    wanted = frozenset(asked)
    return tuple(one for one in COMPANIONS if one.beside in wanted and one.permission not in wanted)


def propose(asked: Sequence[Permission], on: str) -> CustomRole | str:
    """The custom role of just some permissions and their companions, or why there can be none, in a sentence.

    `on` is the full resource name it would be given on.
    """
    if not asked:
        return "nothing was asked for"
    forbidden = [permission for permission in asked if danger_of(permission, on) is T3]
    if forbidden:
        return f"no machine proposes a role of {', '.join(forbidden[:MOST_TOLD])}"
    if any(permission.translate(_IN_PERMISSION) for permission in asked):
        return "one of them is not spelled like a permission of Google"
    most = max(danger_of(permission, on) for permission in asked)
    beside = companions_of(asked)
    taken = tuple(one for one in beside if _is_part(one, on, most))
    permissions = tuple(sorted({*asked, *(one.permission for one in taken)}))
    if len(permissions) > MOST_PERMISSIONS or sum(map(len, permissions)) > MOST_BYTES - LONGEST_TITLE - len(
        DESCRIPTION
    ):
        return TOO_LARGE
    return _written(asked, permissions, beside, taken, _project_of(on))


def tell(one: Companion) -> str:
    """One companion in words: what, beside what, why, and where it is checked."""
    where = f", checked on {one.on}" if one.on else ""
    need = "goes with" if one.always else "may be needed beside"
    return f"{one.permission} {need} {one.beside}: {one.why}{where} ({one.source})"


def danger_of(permission: Permission, on: str) -> Tier:
    """The floor of a permission in either spelling: `iam.googleapis.com/roles.get` is `iam.roles.get`."""
    return floor_of((parse_permission(permission) or permission) if "/" in permission else permission, on)


def _is_part(one: Companion, on: str, most: Tier) -> bool:
    """Whether a proposal includes a companion: every call needs it, right there, and it is no more dangerous."""
    there = not one.on or (one.on == _PROJECT and (is_project(on) or on == ANYWHERE))
    return one.always and there and danger_of(one.permission, on) <= most


def _written(
    asked: Sequence[Permission],
    permissions: tuple[Permission, ...],
    beside: tuple[Companion, ...],
    taken: tuple[Companion, ...],
    project: str,
) -> CustomRole:
    named, title = _id(min(asked), permissions), _title(min(asked), len(permissions))
    return CustomRole(
        id=named,
        title=title,
        description=DESCRIPTION,
        stage=Stage.GA,
        project=project,
        permissions=permissions,
        companions=taken,
        left_out=tuple(tell(one) for one in beside if one not in taken),
        gcloud=_gcloud(named, title, permissions, project),
        terraform=_terraform(named, title, permissions, project),
        confirm=_confirm(project),
    )


def _id(first: Permission, permissions: tuple[Permission, ...]) -> str:
    """An id that is the same for the same permissions and no others; letters, digits, underscores and periods."""
    digest = sha256("\n".join(permissions).encode()).hexdigest()[:8]
    words = "".join(letter if letter.isalnum() else "_" for letter in first)
    return f"{words[: LONGEST_ID - len(digest) - 1]}_{digest}"


def _title(first: Permission, count: int) -> str:
    more = f" and {count - 1} more" if count > 1 else ""
    return f"Just {first[: LONGEST_TITLE - len(more) - 5]}{more}"


def _gcloud(named: str, title: str, permissions: tuple[Permission, ...], project: str) -> str:
    return (
        f"gcloud iam roles create {named} --project={project} --stage=GA --title={quote(title)} "
        f"--description={quote(DESCRIPTION)} --permissions={','.join(permissions)}"
    )


def _terraform(named: str, title: str, permissions: tuple[Permission, ...], project: str) -> str:
    listed = "".join(f'    "{permission}",\n' for permission in permissions)
    return (
        f'resource "google_project_iam_custom_role" "{named}" {{\n'
        f'  project     = "{project}"\n  role_id     = "{named}"\n  title       = "{title}"\n'
        f'  description = "{DESCRIPTION}"\n  stage       = "GA"\n  permissions = [\n{listed}  ]\n}}\n'
    )


def _confirm(project: str) -> tuple[str, ...]:
    """What Google alone can say: not every permission may stand in a custom role (customRolesSupportLevel)."""
    parent = f"//cloudresourcemanager.googleapis.com/projects/{project}"
    testable = (
        f"gcloud iam list-testable-permissions {parent} --filter='customRolesSupportLevel!=NOT_SUPPORTED' "
        "--format='value(name)'"
    )
    return (
        f"that each permission may stand in a custom role (permissions.queryTestablePermissions): {testable}",
        "that the project has room: it holds 300 custom roles at most, and can give its own only within itself",
    )


def _project_of(on: str) -> str:
    """The project of a full resource name, or a word to replace where it does not say (buckets) or is not plain."""
    project = f"{on}/".partition("/projects/")[2].partition("/")[0]
    plain = project and not project.translate(_IN_PROJECT) and project[0].isalnum()
    return project if plain else UNKNOWN_PROJECT
