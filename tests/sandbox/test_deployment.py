"""What the sandbox answers about a deployment beside policies: lists, newest versions, what was measured."""

from __future__ import annotations

from datetime import timedelta

import pytest
from deployments import PLACE, deployed, of
from fakes import FakeClock
from google.api_core import exceptions
from msgspec.structs import replace
from worlds import NOW, Cloud, cloud_of

from sandbox.deployment import SEAL, deploy_into
from sandbox.scenario import find, load, world_of
from sandbox.services.cloud_run import add_service
from sandbox.services.storage import add_bucket, add_object
from shared.adapters.deployment_facts import read_deployment
from shared.doctor.examine import examine
from shared.doctor.finding import Severity

UNDELIVERED = "pubsub.googleapis.com/subscription/num_undelivered_messages"
REGION = "projects/acme-unforbid/locations/europe-west1"


def test_the_services_of_a_region_are_listed_with_their_settings_and_no_others() -> None:
    with deployed(slack=True) as cloud:
        add_service(cloud.world, "acme-unforbid", "us-central1", "other")
        found = list(cloud.clients().run_services.list_services(parent=REGION))
        assert [one.name.rpartition("/")[2] for one in found] == ["unforbid-detect", "unforbid-approve"]
        env = {one.name: one for one in found[0].template.containers[0].env}
        assert env["UNFORBID_LOOK"].value == "always"
        assert env["UNFORBID_SLACK_TOKEN"].value_source.secret_key_ref.secret == "unforbid-slack-bot-token"


def test_services_are_listed_page_by_page_to_whoever_may() -> None:
    with deployed("iam", slack=True) as cloud:
        found = list(cloud.clients().run_services.list_services(request={"parent": REGION, "page_size": 1}))
        assert len(found) == 4
        with pytest.raises(exceptions.Forbidden):
            list(cloud.clients("as:user:ann@example.com").run_services.list_services(parent=REGION))


def test_the_newest_version_of_a_secret_is_told_without_its_value() -> None:
    with deployed(slack=True) as cloud:
        name = "projects/acme-unforbid/secrets/unforbid-slack-bot-token"
        found = cloud.clients().secrets.get_secret_version(name=f"{name}/versions/latest")
        assert (found.state.name, found.name.rpartition("/")[2]) == ("ENABLED", "1")
        cloud.world.resources[f"//secretmanager.googleapis.com/{name}/versions/1"].body["state"] = "DISABLED"
        with pytest.raises(exceptions.NotFound):
            cloud.clients().secrets.get_secret_version(name=f"{name}/versions/latest")


def measured(cloud: Cloud, subscription: str, minutes: int) -> list[int]:
    wanted = f'metric.type="{UNDELIVERED}" AND resource.labels.subscription_id="{subscription}"'
    interval = {"start_time": NOW - timedelta(minutes=minutes), "end_time": NOW}
    request = {"name": "projects/acme-unforbid", "filter": wanted, "interval": interval}
    series = cloud.clients().metrics.list_time_series(request=request)
    return [point.value.int64_value for one in series for point in one.points]


def test_a_subscription_is_measured_in_the_time_that_is_asked_about() -> None:
    with deployed() as cloud:
        kept = cloud.world.resources[PLACE.subscription("unforbid-dead")]
        kept.hidden["measured"] = [
            (NOW - timedelta(minutes=at), "num_undelivered_messages", count) for at, count in ((9, 1), (5, 2), (1, 3))
        ]
        assert measured(cloud, "unforbid-dead", 6) == [3, 2]
        assert measured(cloud, "unforbid-denials", 60) == []
        assert measured(cloud, "nobody", 60) == []


def test_objects_are_listed_by_the_beginning_of_their_names(cloud: Cloud) -> None:
    bucket = add_bucket(cloud.world, "acme-web", "source")
    for name in ("detect/1.zip", "detect/2.zip", "sweep/1.zip"):
        add_object(cloud.world, bucket, name, b"x")
    found = cloud.clients().storage.list_blobs("source", prefix="detect/")
    assert [one.name for one in found] == ["detect/1.zip", "detect/2.zip"]


@pytest.mark.parametrize("name", ["upload-deny-policy", "story1-spot", "story2-all-together"])
def test_a_deployment_fits_into_the_world_of_any_scenario_and_is_well_there(name: str) -> None:
    world = world_of(load(find(name), FakeClock()))
    place = replace(deploy_into(world).place, seal=SEAL)
    with cloud_of(world) as cloud:
        findings = list(examine(read_deployment(cloud.clients(), place, world.now())))
    assert of(findings, Severity.WRONG) == []
    assert of(findings, Severity.UNTOLD) == []
