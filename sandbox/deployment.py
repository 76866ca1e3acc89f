"""A deployment of unforbid in a sandbox, as Terraform makes it: to rehearse `unforbid doctor` on, and for its tests.

Everything is as it should be; whoever wants to see something found takes it away afterwards.
"""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

from msgspec import Struct

from sandbox.accounts import create_account
from sandbox.services.cloud_run import add_service
from sandbox.services.firestore_admin import add_database
from sandbox.services.pubsub import add_subscription, add_topic
from sandbox.services.secret_manager import add_secret
from sandbox.services.storage import add_bucket, add_object
from sandbox.world import CRM, Json, Resource, World
from shared.adapters.firestore_database import CLEANED_UP, CONCERNS
from shared.deploy.permissions import GRANT_WRITER, permissions_of
from shared.deploy.sink_filter import Own, self_filter, sink_filter
from shared.doctor.audit_logs import WANTED
from shared.doctor.expected import EXECUTES, SWEEPS, WRITES, stored
from shared.doctor.fence import DENIED, PRINCIPAL
from shared.model.deployment import Place

NUMBER = "311417209935"
PUBSUB = f"serviceAccount:service-{NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com"
MONITORING = f"serviceAccount:service-{NUMBER}@gcp-sa-monitoring-notification.iam.gserviceaccount.com"
TOKEN, SIGNING = "slack-bot-token", "slack-signing-secret"
LIMIT = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([\"roles/logging.logWriter\"])"
SEAL = "5ea1" * 16


class Deployed(Struct, frozen=True, kw_only=True):
    """What Terraform would be told: where, the families of fixes, and whether Slack is set."""

    place: Place
    fixes: tuple[str, ...] = ()
    slack: bool = True
    counts: bool = True

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions that it makes."""
        approves = ("approve",) if self.slack else ()
        fixing = (*(f"execute-{one}" for one in self.fixes), "sweep") if self.fixes else ()
        return ("detect", *approves, *fixing)

    def account(self, name: str) -> str:
        """The IAM member of one of its accounts."""
        return f"serviceAccount:{self.place.account(name)}"


def deploy(world: World, deployed: Deployed) -> None:
    """Make everything that a deployment is made of, in a world that has what is watched."""
    place = deployed.place
    add_home(world, place)
    for name in (*deployed.functions, "push", "wake", "build"):
        create_account(world, place.project, f"{place.name}-{name}", {})
    _services(world, deployed)
    _input(world, deployed)
    _secrets(world, deployed)
    _stores(world, deployed)
    _grants(world, deployed)
    _fence(world, deployed)
    _archive(world, place)


def _fence(world: World, deployed: Deployed) -> None:
    """The deny policy on its own accounts."""
    on = f"cloudresourcemanager.googleapis.com%2Forganizations%2F{world.organization}"
    name = f"policies/{on}/denypolicies/{deployed.place.name}-own-accounts"
    principals = [f"{PRINCIPAL}{deployed.place.account(one)}" for one in deployed.functions]
    rule = {"deniedPrincipals": principals, "deniedPermissions": sorted(DENIED)}
    world.deny_policies[name] = {
        "name": name,
        "kind": "DenyPolicy",
        "displayName": "own accounts",
        "rules": [{"description": "what none of them does", "denyRule": rule}],
    }


def deploy_into(world: World) -> Deployed:
    """A deployment in a world of any scenario: it watches the organisation, and may mend grants in one project."""
    fixed = next(one.project for one in world.of_kind("projects"))
    watch = f"organizations/{world.organization}"
    place = Place(project="acme-unforbid", region="europe-west1", watch=watch, fix_projects=(fixed,))
    deployed = Deployed(place=place, fixes=("iam",), slack=False)
    deploy(world, deployed)
    return deployed


def add_home(world: World, place: Place) -> None:
    """The project that it lives in, in the organisation itself, unless it is there."""
    if world.get(place.home) is not None:
        return
    parent = f"organizations/{world.organization}"
    body = {"name": f"projects/{NUMBER}", "projectId": place.project, "state": "ACTIVE", "parent": parent}
    world.add(Resource(name=place.home, kind="projects", project=place.project, parent=f"{CRM}/{parent}", body=body))


def bind(world: World, resource: str, role: str, member: str, expression: str = "") -> None:
    """Add one binding to a policy, in force at once."""
    held = world.resources[resource]
    policy = held.policy()
    binding: Json = {"role": role, "members": [member]}
    if expression:
        binding["condition"] = {"title": "limited", "expression": expression}
    bindings = [*policy.get("bindings", []), binding]
    version = 3 if any("condition" in one for one in bindings) else 1
    world.set_policy(held, {**policy, "bindings": bindings, "version": version}, at_once=True)


def _services(world: World, deployed: Deployed) -> None:
    place = deployed.place
    for name in deployed.functions:
        service = add_service(world, place.project, place.region, f"{place.name}-{name}")
        env: list[Json] = [
            {"name": variable, "value": value} for variable, value in _settings(world, deployed, name).items()
        ] + [
            {
                "name": variable,
                "valueSource": {"secretKeyRef": {"secret": f"{place.name}-{secret}", "version": "latest"}},
            }
            for variable, secret in _secrets_of(deployed, name).items()
        ]
        service.body["template"] = {"serviceAccount": place.account(name), "containers": [{"image": "i", "env": env}]}
        caller = deployed.account("push" if name == "detect" else "wake")
        bind(world, service.name, "roles/run.invoker", "allUsers" if name == "approve" else caller)


def _settings(world: World, deployed: Deployed, name: str) -> dict[str, str]:
    policy = {"UNFORBID_POLICY": "policy"} if deployed.fixes else {}
    channel = {"UNFORBID_SLACK_CHANNEL": "C0123456789"} if deployed.slack else {}
    organization = {"UNFORBID_ORGANIZATION": world.organization}
    return organization | policy | channel | ({"UNFORBID_LOOK": "always"} if name == "detect" else {})


def _secrets_of(deployed: Deployed, name: str) -> dict[str, str]:
    if not deployed.slack:
        return {}
    token = {"UNFORBID_SLACK_TOKEN": TOKEN} if name != "approve" else {}
    return token | ({"UNFORBID_SLACK_SIGNING_SECRET": SIGNING} if name != "detect" else {})


def _input(world: World, deployed: Deployed) -> None:
    """The sink, its topic with the push to `detect`, and the place for dead letters."""
    place = deployed.place
    denials, dead = (add_topic(world, place.project, one) for one in (place.denials, place.dead))
    pushed, kept = add_subscription(world, denials, place.denials), add_subscription(world, dead, place.dead)
    pushed.body["pushConfig"] = {"pushEndpoint": f"https://{place.name}-detect-{NUMBER}.{place.region}.run.app"}
    pushed.body["deadLetterPolicy"] = {"deadLetterTopic": dead.body["name"], "maxDeliveryAttempts": 50}
    pushed.hidden["measured"] = [(world.now() - timedelta(hours=3), "push_request_count", 4)]
    kept.hidden["measured"] = [(world.now() - timedelta(minutes=2), "num_undelivered_messages", 0)]
    writer = f"serviceAccount:service-org-{world.organization}@gcp-sa-logging.iam.gserviceaccount.com"
    bind(world, denials.name, "roles/pubsub.publisher", writer)
    bind(world, dead.name, "roles/pubsub.publisher", PUBSUB)
    bind(world, pushed.name, "roles/pubsub.subscriber", PUBSUB)
    _sink(world, deployed, writer)
    if deployed.counts:
        counts = add_topic(world, place.project, place.counts)
        alerts = add_subscription(world, counts, place.counts)
        alerts.body["pushConfig"] = dict(pushed.body["pushConfig"])
        bind(world, counts.name, "roles/pubsub.publisher", MONITORING)


def _sink(world: World, deployed: Deployed, writer: str) -> None:
    place, names = deployed.place, sorted(deployed.functions)
    own = Own(
        project=place.project,
        accounts=tuple(sorted(place.account(one) for one in names)),
        functions=tuple(f"{place.name}-{one}" for one in names),
    )
    path = f"{place.watch}/sinks/{place.denials}"
    body: Json = {
        "name": place.denials,
        "destination": place.topic(place.denials).removeprefix("//"),
        "filter": sink_filter(own),
        "writerIdentity": writer,
        "exclusions": [{"name": f"{place.name}-self", "filter": self_filter(own)}],
    }
    if not place.watch.startswith("projects/"):
        body["includeChildren"] = True
    world.add(Resource(name=f"//logging.googleapis.com/{path}", kind="sinks", project=place.project, body=body))


def _secrets(world: World, deployed: Deployed) -> None:
    place = deployed.place
    readers: dict[str, list[str]] = {}
    for name in deployed.functions:
        for secret in _secrets_of(deployed, name).values():
            readers.setdefault(secret, []).append(name)
    for secret, names in readers.items():
        made = add_secret(world, place.project, f"{place.name}-{secret}", b"value")
        for name in names:
            bind(world, made.name, "roles/secretmanager.secretAccessor", deployed.account(name))


def _stores(world: World, deployed: Deployed) -> None:
    place = deployed.place
    for concern, groups in CONCERNS.items():
        add_database(world, place.project, f"{place.name}-{concern}", *(set(groups) & set(CLEANED_UP)))
    for name in deployed.functions:
        for database, held in stored(name, mends=bool(deployed.fixes)).items():
            only = f'resource.name == "projects/{place.project}/databases/{place.name}-{database}"'
            role = "roles/datastore.user" if held == WRITES else "roles/datastore.viewer"
            bind(world, place.home, role, deployed.account(name), only)


def _grants(world: World, deployed: Deployed) -> None:
    """The roles of the organisation, and who holds them where; the logs of data access that denials show in."""
    place = deployed.place
    for name in deployed.functions:
        if name != "approve":
            bind(world, place.home, "roles/serviceusage.serviceUsageConsumer", deployed.account(name))
            bind(world, place.watched, _role(world, "reader"), deployed.account(name))
    held = {f"execute-{one}": EXECUTES[one] for one in deployed.fixes}
    held["sweep"] = tuple(role for one in deployed.fixes for role in SWEEPS[one])
    for name, roles in held.items():
        for role in roles:
            for project in place.fix_projects:
                limit = LIMIT if role == GRANT_WRITER else ""
                bind(world, place.fixed(project), _role(world, role), deployed.account(name), limit)
    watched = world.resources[place.watched]
    logs = [
        {"service": one, "auditLogConfigs": [{"logType": kind} for kind in types]} for one, (types, _) in WANTED.items()
    ]
    world.set_policy(watched, {**watched.policy(), "auditConfigs": logs}, at_once=True)


def _role(world: World, role: str) -> str:
    name = f"organizations/{world.organization}/roles/unforbid_{role}"
    world.roles[name] = {
        "name": name,
        "title": f"unforbid {role}",
        "stage": "GA",
        "includedPermissions": list(permissions_of(role)),
    }
    return name


def _archive(world: World, place: Place) -> None:
    """The archive of `detect` with a policy in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "")
        archive.writestr("policy", f"unforbid policy 1 {SEAL}\n{{}}")
    bucket = add_bucket(world, place.project, f"{place.project}-{place.name}-source")
    add_object(world, bucket, "detect/0a1b2c.zip", packed.getvalue())
