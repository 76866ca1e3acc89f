"""One resource of each type whose policy is written, put into a world; and what somebody else does meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from worlds import add_account

from sandbox.bigquery_tables import add_dataset, add_table
from sandbox.machines import add_machine
from sandbox.services.artifact_registry import add_repository
from sandbox.services.cloud_run import add_service
from sandbox.services.kms import add_key, add_key_ring
from sandbox.services.pubsub import add_subscription, add_topic
from sandbox.services.secret_manager import add_secret
from sandbox.services.storage import add_bucket
from sandbox.world import CRM, World

PROJECT, PLACE = "acme-web", "europe-west1"


class Held(Struct, frozen=True, kw_only=True):
    """A type of resource: how one is made, which methods read and write its policy, and whether it takes conditions."""

    make: Callable[[World], str]
    methods: str
    conditional: bool = True
    read: str = "getIamPolicy"
    write: str = "setIamPolicy"

    @property
    def reads(self) -> str:
        return f"{self.methods}.{self.read}"

    @property
    def writes(self) -> str:
        return f"{self.methods}.{self.write}"


def _key(world: World) -> str:
    return add_key(world, add_key_ring(world, PROJECT, PLACE, "ring"), "key").name


HELD: dict[str, Held] = {
    "project": Held(make=lambda _: f"{CRM}/projects/{PROJECT}", methods="cloudresourcemanager.projects"),
    "service account": Held(
        make=lambda world: add_account(world, f"target@{PROJECT}.iam.gserviceaccount.com", "42").name,
        methods="iam.projects.serviceAccounts",
    ),
    "bucket": Held(make=lambda world: add_bucket(world, PROJECT, "photos").name, methods="storage.buckets"),
    "dataset": Held(
        make=lambda world: add_dataset(world, PROJECT, "sales").name,
        methods="bigquery.datasets",
        read="get",
        write="patch",
    ),
    "table": Held(
        make=lambda world: add_table(world, add_dataset(world, PROJECT, "sales"), "orders").name,
        methods="bigquery.tables",
    ),
    "topic": Held(
        make=lambda world: add_topic(world, PROJECT, "orders").name,
        methods="pubsub.projects.topics",
        conditional=False,
    ),
    "subscription": Held(
        make=lambda world: add_subscription(world, add_topic(world, PROJECT, "orders"), "bills").name,
        methods="pubsub.projects.subscriptions",
        conditional=False,
    ),
    "secret": Held(
        make=lambda world: add_secret(world, PROJECT, "password").name, methods="secretmanager.projects.secrets"
    ),
    "regional secret": Held(
        make=lambda world: add_secret(world, PROJECT, "password", location=PLACE).name,
        methods="secretmanager.projects.locations.secrets",
    ),
    "key": Held(make=_key, methods="cloudkms.projects.locations.keyRings.cryptoKeys"),
    "key ring": Held(
        make=lambda world: add_key_ring(world, PROJECT, PLACE, "ring").name,
        methods="cloudkms.projects.locations.keyRings",
    ),
    "repository": Held(
        make=lambda world: add_repository(world, PROJECT, PLACE, "images").name,
        methods="artifactregistry.projects.locations.repositories",
        conditional=False,
    ),
    "service": Held(
        make=lambda world: add_service(world, PROJECT, PLACE, "shop").name, methods="run.projects.locations.services"
    ),
    "machine": Held(make=lambda world: add_machine(world, "vm-1", project=PROJECT).name, methods="compute.instances"),
}


class Interferes(list[str]):
    """Stands in for a world's `calls`: does something right before a method is carried out, so many times."""

    def __init__(self, method: str, does: Callable[[], object], times: int = 1) -> None:
        super().__init__()
        self._method, self._does, self._left = method, does, times

    def append(self, called: str) -> None:
        super().append(called)
        if called == self._method and self._left:
            self._left -= 1
            self._does()
