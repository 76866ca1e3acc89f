"""The port that changes Google Cloud: each effect has somebody who carries it out, and Google is told why."""

from __future__ import annotations

from typing import Any

import pytest
from edits import ENDS
from holders import HELD
from web_machine import later, web
from worlds import Cloud, add_account, grant

from sandbox.world import CRM
from shared.adapters.google_cloud import GoogleCloud
from shared.model.effect import AddBinding, Before, Effect, EnableApi, RemoveBinding, Result, StopMachine
from shared.model.names import Role
from shared.model.work import MachineName

EXECUTOR, OURS = "fixer@acme-web.iam.gserviceaccount.com", "serviceAccount:up@acme-web.iam.gserviceaccount.com"
ROLE, REASON = Role("roles/browser"), f"r-0123456789ab/{'5f' * 32}"


@pytest.fixture
def executor(cloud: Cloud) -> GoogleCloud:
    add_account(cloud.world, EXECUTOR)
    add_account(cloud.world, "up@acme-web.iam.gserviceaccount.com", "77")
    role = "projects/acme-web/roles/executor"
    cloud.world.roles[role] = {"name": role, "includedPermissions": PERMISSIONS}
    grant(cloud.world, f"{CRM}/projects/acme-web", role, f"serviceAccount:{EXECUTOR}")
    return GoogleCloud(cloud.clients(f"as:serviceAccount:{EXECUTOR}"))


READ_AND_WRITTEN = (
    "resourcemanager.projects iam.serviceAccounts storage.buckets bigquery.datasets bigquery.tables pubsub.topics "
    "pubsub.subscriptions secretmanager.secrets cloudkms.cryptoKeys cloudkms.keyRings artifactregistry.repositories "
    "run.services compute.instances"
)
PERMISSIONS = [
    *(f"{one}.{verb}IamPolicy" for one in READ_AND_WRITTEN.split() for verb in ("get", "set")),
    "bigquery.datasets.get",
    "bigquery.datasets.update",
    "serviceusage.services.enable",
    "compute.instances.stop",
]
"""What the identity of an executor holds (and no more)."""


def reasons(cloud: Cloud) -> list[Any]:
    """The reasons in the audit entries of everything that was changed."""
    written = [one["protoPayload"] for one in cloud.world.entries if one["logName"].endswith("activity")]
    return [one["requestMetadata"].get("requestAttributes", {}).get("reason") for one in written]


@pytest.mark.parametrize("kind", HELD)
def test_google_is_told_for_which_fix_a_policy_is_changed(cloud: Cloud, executor: GoogleCloud, kind: str) -> None:
    held = HELD[kind]
    name, condition = held.make(cloud.world), ENDS if held.conditional else None
    binding = {"resource": name, "role": ROLE, "member": OURS, "condition": condition}
    for effect in (AddBinding(**binding), RemoveBinding(**binding)):  # type: ignore[arg-type]
        assert executor.perform(effect, Before(), REASON).result is Result.CHANGED
    assert reasons(cloud) == [REASON] * 2


def test_google_is_told_for_which_fix_an_api_is_switched_on(cloud: Cloud, executor: GoogleCloud) -> None:
    cloud.world.resources[f"{CRM}/projects/acme-web"].hidden["off"] = ["pubsub.googleapis.com"]
    effect = EnableApi(project="projects/acme-web", service="pubsub.googleapis.com")
    assert executor.perform(effect, Before(), REASON).result is Result.STARTED
    later(cloud, seconds=10)
    assert reasons(cloud) == [REASON]


def test_google_is_told_for_which_fix_a_machine_is_stopped(cloud: Cloud, executor: GoogleCloud) -> None:
    machine = MachineName(project="acme-web", zone="europe-west1-b", name="web-1", id=web(cloud).body["id"])
    effect = StopMachine(machine=machine, request="b7ab21c2-1c0f-4c1b-9a50-6a7f6a5ef0a4")
    assert executor.perform(effect, Before(), REASON).result is Result.STARTED
    assert reasons(cloud) == [REASON]


@pytest.mark.usefixtures("executor")
def test_without_a_reason_none_is_sent(cloud: Cloud) -> None:
    silent = GoogleCloud(cloud.clients(f"as:serviceAccount:{EXECUTOR}"))
    effect = AddBinding(resource=HELD["bucket"].make(cloud.world), role=ROLE, member=OURS, condition=ENDS)
    assert (silent.perform(effect, Before()).result, reasons(cloud)) == (Result.CHANGED, [None])


@pytest.mark.usefixtures("executor")
def test_what_an_effect_says_itself_goes_before_what_the_port_was_made_with(cloud: Cloud) -> None:
    port = GoogleCloud(cloud.clients(f"as:serviceAccount:{EXECUTOR}"), reason="by hand")
    added = {"resource": HELD["bucket"].make(cloud.world), "role": ROLE, "member": OURS, "condition": ENDS}
    port.perform(AddBinding(**added), Before())
    port.perform(RemoveBinding(**added), Before(), REASON)
    assert reasons(cloud) == ["by hand", REASON]


def test_what_is_no_effect_is_a_mistake_of_ours(cloud: Cloud) -> None:
    nothing: Effect = Before()  # type: ignore[assignment]
    with pytest.raises(TypeError, match="Before is no effect"):
        GoogleCloud(cloud.clients()).perform(nothing, Before())
