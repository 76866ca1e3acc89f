"""A deployment as Google and Slack tell it, for `unforbid doctor`: each value may be one that was not told."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias, TypeVar

from msgspec import Struct

from shared.model.facts import Policy

T = TypeVar("T")
CRM = "//cloudresourcemanager.googleapis.com"


class Untold(Struct, frozen=True):
    """What could not be read: why, and the permission that whoever asked lacks, if that was it."""

    why: str
    permission: str = ""
    on: str = ""


Told: TypeAlias = T | Untold
"""A value, or why it is not known. None stands for what does not exist."""


class Place(Struct, frozen=True, kw_only=True):
    """Where a deployment is, by what Terraform was told.

    `watch` is `projects/P`, `folders/N` or `organizations/N`; `fix_projects` are ids; `module` is what stands before
    Terraform's addresses; `seal` is that of the policy that should be deployed, "" where none was named; `unlogged` are
    services whose data access is deliberately in no log.
    """

    project: str
    region: str
    watch: str
    name: str = "unforbid"
    fix_projects: tuple[str, ...] = ()
    module: str = ""
    seal: str = ""
    unlogged: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        """The full name of the project it lives in."""
        return f"{CRM}/projects/{self.project}"

    @property
    def watched(self) -> str:
        """The full name of what it watches."""
        return f"{CRM}/{self.watch}"

    @property
    def denials(self) -> str:
        """The name of the topic that denials come through, and of the subscription that pushes them."""
        return f"{self.name}-denials"

    @property
    def counts(self) -> str:
        """The name of the topic, and of the subscription, of alerts on refusals that leave no log entry."""
        return f"{self.name}-counts"

    @property
    def dead(self) -> str:
        """The name of the topic, and of the subscription, in which undeliverable messages end."""
        return f"{self.name}-dead"

    def fixed(self, project: str) -> str:
        """The full name of a project in which fixes may change something."""
        return f"{CRM}/projects/{project}"

    def topic(self, name: str) -> str:
        """The full name of a topic of it."""
        return f"//pubsub.googleapis.com/projects/{self.project}/topics/{name}"

    def subscription(self, name: str) -> str:
        """The full name of a subscription of it."""
        return f"//pubsub.googleapis.com/projects/{self.project}/subscriptions/{name}"

    def secret(self, name: str) -> str:
        """The full name of a secret of it."""
        return f"//secretmanager.googleapis.com/projects/{self.project}/secrets/{name}"

    def service(self, function: str) -> str:
        """The full name of the Cloud Run service that a function is."""
        path = f"projects/{self.project}/locations/{self.region}/services/{self.name}-{function}"
        return f"//run.googleapis.com/{path}"

    def account(self, name: str) -> str:
        """The address of one of its service accounts, which are named as functions and callers are."""
        return f"{self.name}-{name}@{self.project}.iam.gserviceaccount.com"


class Function(Struct, frozen=True, kw_only=True):
    """A deployed function: as whom it runs, and its settings; `secrets` are names of secrets by variable.

    `unchecked` is whether Cloud Run asks nobody who calls (`invoker_iam_disabled`).
    """

    name: str
    account: str
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    unchecked: bool = False


class Sink(Struct, frozen=True, kw_only=True):
    """A log sink; `exclusions` are filters by name, without those that are disabled."""

    filter: str
    destination: str
    writer: str
    disabled: bool = False
    children: bool = False
    exclusions: dict[str, str] = {}


class Subscription(Struct, frozen=True, kw_only=True):
    """A subscription: the topic, where it pushes to ("" where it does not), and where what cannot be pushed ends."""

    topic: str
    endpoint: str = ""
    dead_letters: str = ""


class Carrier(Struct, frozen=True, kw_only=True):
    """The allow policy of a project, folder or organisation, with the logs of data access that are on by service."""

    policy: Policy
    logs: dict[str, frozenset[str]] = {}


class Slack(Struct, frozen=True, kw_only=True):
    """What Slack says of the token and of the channel; "" where it found nothing wrong."""

    token: str = ""
    channel: str = ""


class Deployment(Struct, frozen=True, kw_only=True):
    """Everything that was read of a deployment at `at`.

    `containers` are the home project, what is watched, projects with fixes, and all above them, by full name; `above`
    names for each of the three kinds what stands above it. `policies` are those of topics, subscriptions, secrets and
    services, by full name; `roles` the permissions of every role that one of ours holds. `secrets` says whether a
    version can be used. `expiring` says by `database/collection` whether expired documents are removed. `dead` is how
    many messages lie undelivered, `delivered` when the last one was taken. `denied` is what the organisation's deny
    policies deny without a condition, by principal.
    """

    place: Place
    at: datetime
    functions: Told[tuple[Function, ...]]
    containers: dict[str, Told[Carrier]]
    above: dict[str, Told[tuple[str, ...]]]
    roles: dict[str, Told[frozenset[str]]]
    policies: dict[str, Told[Policy] | None]
    sink: Told[Sink] | None
    subscriptions: dict[str, Told[Subscription] | None]
    secrets: dict[str, Told[bool] | None]
    expiring: dict[str, Told[bool]]
    dead: Told[int]
    delivered: Told[datetime] | None
    denied: Told[dict[str, frozenset[str]]] = {}
    slack: Told[Slack] | None = None
    seal: Told[str] | None = None

    @property
    def named(self) -> dict[str, Function]:
        """The functions by name, none where they were not told."""
        return {} if isinstance(self.functions, Untold) else {one.name: one for one in self.functions}
