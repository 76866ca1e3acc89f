"""Deployments as values for tests of checks: one that is as it should be, of which anything can be replaced."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from worlds import NOW

from shared.deploy.permissions import GRANT_WRITER, permissions_of
from shared.deploy.sink_filter import Own, self_filter, sink_filter
from shared.doctor.audit_logs import WANTED
from shared.doctor.expected import EXECUTES, SWEEPS, USE, WRITES, stored
from shared.model.deployment import CRM, Carrier, Deployment, Function, Place, Sink, Subscription
from shared.model.facts import Binding, Condition, Policy
from shared.model.names import Role

PLACE = Place(
    project="acme-unforbid", region="europe-west1", watch="organizations/1", fix_projects=("acme-web",), module="m."
)
ORGANIZATION, HOME, WEB = f"{CRM}/organizations/1", f"{CRM}/projects/acme-unforbid", f"{CRM}/projects/acme-web"
WRITER = "serviceAccount:service-org-1@gcp-sa-logging.iam.gserviceaccount.com"
AGENT = "serviceAccount:service-7@gcp-sa-pubsub.iam.gserviceaccount.com"
LIMIT = Condition(expression="api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/a.b'])")
PUBLISHER, SUBSCRIBER, USER = (
    Role("roles/pubsub.publisher"),
    Role("roles/pubsub.subscriber"),
    Role("roles/datastore.user"),
)
CONSUMER, VIEWER = Role("roles/serviceusage.serviceUsageConsumer"), Role("roles/datastore.viewer")


def member(name: str) -> str:
    return f"serviceAccount:{PLACE.account(name)}"


def sink(*names: str) -> Sink:
    """The sink that Terraform makes for some functions."""
    functions = sorted(names or ("detect",))
    accounts = tuple(sorted(PLACE.account(one) for one in functions))
    own = Own(project=PLACE.project, accounts=accounts, functions=tuple(f"unforbid-{one}" for one in functions))
    return Sink(
        filter=sink_filter(own),
        destination="pubsub.googleapis.com/projects/acme-unforbid/topics/unforbid-denials",
        writer=WRITER,
        children=True,
        exclusions={"unforbid-self": self_filter(own)},
    )


def policy(on: str, *bindings: tuple[str, str] | tuple[str, str, Condition]) -> Policy:
    """A policy of (role, member), with a condition where there is one."""
    made = tuple(
        Binding(role=Role(one[0]), members=(one[1],), condition=one[2] if len(one) > 2 else None) for one in bindings
    )
    return Policy(resource=on, bindings=made, etag="e")


def deployment(*names: str, **more: Any) -> Deployment:
    """A deployment of some functions (`detect` alone, if none is named) that is as it should be; `more` replaces."""
    functions = names or ("detect",)
    fixes = tuple(one.removeprefix("execute-") for one in functions if one.startswith("execute-"))
    denials, dead = PLACE.topic(PLACE.denials), PLACE.topic(PLACE.dead)
    pushed = PLACE.subscription(PLACE.denials)
    made = Deployment(
        place=replace(PLACE, module=""),
        at=NOW,
        functions=tuple(_function(one) for one in functions),
        containers={
            ORGANIZATION: Carrier(
                policy=_organization(functions), logs={one: frozenset(types) for one, (types, _) in WANTED.items()}
            ),
            HOME: Carrier(policy=_home(functions)),
            WEB: Carrier(policy=_web(functions, fixes)),
        },
        above={ORGANIZATION: (), HOME: (ORGANIZATION,), WEB: (ORGANIZATION,)},
        roles=_roles(),
        policies={
            denials: policy(denials, (PUBLISHER, WRITER)),
            dead: policy(dead, (PUBLISHER, AGENT)),
            pushed: policy(pushed, (SUBSCRIBER, AGENT)),
            **{PLACE.service(one): _invoked(one) for one in functions},
        },
        sink=sink(*functions),
        subscriptions={
            PLACE.denials: Subscription(
                topic="t",
                endpoint="https://unforbid-detect-7.europe-west1.run.app",
                dead_letters="projects/acme-unforbid/topics/unforbid-dead",
            ),
            PLACE.dead: Subscription(topic="d"),
        },
        secrets={},
        expiring={"runs/runs": True},
        dead=0,
        delivered=NOW,
    )
    return replace(made, **more)


def _function(name: str) -> Function:
    return Function(name=name, account=PLACE.account(name), settings={"UNFORBID_LOOK": "always"})


def _invoked(name: str) -> Policy:
    caller = "allUsers" if name == "approve" else member("push" if name == "detect" else "wake")
    return policy(PLACE.service(name), ("roles/run.invoker", caller))


def _organization(functions: tuple[str, ...]) -> Policy:
    lookers = [one for one in functions if one != "approve"]
    return policy(ORGANIZATION, *(("organizations/1/roles/unforbid_reader", member(one)) for one in lookers))


def _home(functions: tuple[str, ...]) -> Policy:
    stores = [
        (
            USER if held == WRITES else VIEWER,
            member(name),
            Condition(expression=f'resource.name == "projects/acme-unforbid/databases/unforbid-{database}"'),
        )
        for name in functions
        for database, held in stored(name, mends=any(one.startswith("execute-") for one in functions)).items()
    ]
    return policy(HOME, *stores, *((CONSUMER, member(one)) for one in functions if one != "approve"))


def _web(functions: tuple[str, ...], fixes: tuple[str, ...]) -> Policy:
    held = {f"execute-{one}": EXECUTES[one] for one in fixes}
    held |= {"sweep": tuple(role for one in fixes for role in SWEEPS[one])} if "sweep" in functions else {}
    bindings = [
        (f"organizations/1/roles/unforbid_{role}", member(name), *((LIMIT,) if role == GRANT_WRITER else ()))
        for name, roles in held.items()
        for role in roles
    ]
    return policy(WEB, *bindings)


def _roles() -> dict[str, Any]:
    ours = ("reader", "grant_reader", "grant_writer", "api_writer", "api_undoer", "machine_writer", "machine_starter")
    own = {f"organizations/1/roles/unforbid_{one}": frozenset(permissions_of(one)) for one in ours}
    stored = {"datastore.entities.allocateIds", *WRITES}
    reads = frozenset({"datastore.entities.get", "datastore.entities.list"})
    return {**own, USER: frozenset(stored), VIEWER: reads, CONSUMER: frozenset({USE, "serviceusage.services.get"})}
