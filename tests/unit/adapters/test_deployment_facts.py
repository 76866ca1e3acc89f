"""What Google's own clients read of a deployment: whole, with gaps that name the missing permission, and changing nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from deployments import PLACE, deployed, found, of, read
from msgspec.structs import replace
from worlds import NOW, Cloud

from sandbox.deployment import SEAL, bind
from sandbox.faults import FaultKind
from sandbox.services.storage import add_object
from sandbox.world import CRM
from shared.adapters.deployment_facts import read_deployment
from shared.doctor.finding import Severity
from shared.model.deployment import Carrier, Deployment, Place, Untold

ORGANIZATION = f"{CRM}/organizations/123456789012"
READS = ("get", "list")


@pytest.mark.parametrize("fixes", [(), ("iam",), ("api",), ("compute",)])
@pytest.mark.parametrize("slack", [True, False])
def test_a_deployment_as_terraform_makes_it_is_well(fixes: tuple[str, ...], slack: bool) -> None:
    place = PLACE if fixes else replace(PLACE, seal="")
    with deployed(*fixes, slack=slack) as cloud:
        findings = found(cloud, place)
        assert of(findings, Severity.WRONG) == []
        assert of(findings, Severity.UNTOLD) == []
        assert len(findings) > 30
        assert all(call.rpartition(".")[2].startswith(READS) for call in cloud.world.calls), "looking changes nothing"


@pytest.mark.parametrize("watch", ["projects/acme-web", "folders/1001", "projects/acme-unforbid"])
def test_a_project_and_a_folder_can_be_watched_as_well(watch: str) -> None:
    place = replace(PLACE, watch=watch, seal="", fix_projects=())
    with deployed(place=place) as cloud:
        findings = found(cloud, place)
        assert of(findings, Severity.WRONG) == []
        assert of(findings, Severity.UNTOLD) == []


def test_what_is_above_is_read_to_the_organisation() -> None:
    with deployed("iam") as cloud:
        made = read(cloud)
        assert made.above[f"{CRM}/projects/acme-web"] == (f"{CRM}/folders/1001", ORGANIZATION)
        assert made.above[PLACE.home] == (ORGANIZATION,)
        assert made.above[ORGANIZATION] == ()


CANNOT = [
    ("run.services.list", lambda one: one.functions),
    ("logging.sinks.get", lambda one: one.sink),
    ("monitoring.timeSeries.list", lambda one: one.dead),
    ("monitoring.timeSeries.list", lambda one: one.delivered),
    ("storage.objects.list", lambda one: one.seal),
    ("storage.objects.get", lambda one: one.seal),
    ("datastore.schemas.get", lambda one: one.expiring["runs/runs"]),
    ("pubsub.subscriptions.get", lambda one: one.subscriptions["unforbid-dead"]),
    ("pubsub.topics.getIamPolicy", lambda one: one.policies[PLACE.topic("unforbid-denials")]),
    ("run.services.getIamPolicy", lambda one: one.policies[PLACE.service("detect")]),
    ("secretmanager.secrets.get", lambda one: one.secrets["unforbid-slack-bot-token"]),
    ("secretmanager.versions.get", lambda one: one.secrets["unforbid-slack-bot-token"]),
    ("secretmanager.secrets.getIamPolicy", lambda one: one.policies[PLACE.secret("unforbid-slack-bot-token")]),
    ("resourcemanager.organizations.getIamPolicy", lambda one: one.containers[ORGANIZATION]),
    ("resourcemanager.projects.getIamPolicy", lambda one: one.containers[PLACE.home]),
    ("resourcemanager.projects.get", lambda one: one.above[PLACE.home]),
    ("resourcemanager.folders.get", lambda one: one.above[f"{CRM}/projects/acme-web"]),
    ("iam.denypolicies.list", lambda one: one.denied),
    ("iam.denypolicies.get", lambda one: one.denied),
    ("iam.roles.get", lambda one: one.roles["roles/datastore.user"]),
]


@pytest.mark.parametrize(("permission", "part"), CANNOT, ids=[f"{n}-{one[0]}" for n, one in enumerate(CANNOT)])
def test_without_a_permission_its_part_is_untold_and_everything_else_is_read(permission: str, part: object) -> None:
    with deployed("iam", slack=True) as cloud:
        cloud.world.reader_cannot = [permission]
        made = read(cloud)
        gap = part(made)  # type: ignore[operator]
        assert isinstance(gap, Untold)
        assert gap.permission == permission
        findings = found(cloud)
        assert of(findings, Severity.WRONG) == []
        told = [one for one in findings if one.severity is Severity.UNTOLD]
        assert any(permission in one.mend for one in told)
        assert of(findings, Severity.OK), "one gap does not hide the rest"


def test_whoever_may_see_nothing_is_told_nothing_is_well_of_what_they_cannot_see() -> None:
    with deployed("iam") as cloud:
        cloud.world.reader_cannot = ["*"]
        findings = found(cloud)
        assert of(findings, Severity.OK) == []
        assert of(findings, Severity.WRONG) == []
        assert len(findings) > 5


def take_away(cloud: Cloud, name: str) -> None:
    del cloud.world.resources[name]


def test_what_is_gone_is_wrong_and_not_untold() -> None:
    with deployed() as cloud:
        for name in (
            "//logging.googleapis.com/organizations/123456789012/sinks/unforbid-denials",
            PLACE.topic("unforbid-dead"),
            PLACE.subscription("unforbid-denials"),
        ):
            take_away(cloud, name)
        said = of(found(cloud, replace(PLACE, seal="")), Severity.WRONG)
        assert any("there is no sink" in one for one in said)
        assert any("there is no subscription unforbid-denials" in one for one in said)
        assert any("Pub/Sub's agent lacks roles/pubsub.publisher" in one for one in said)


def test_a_project_without_a_deployment_has_no_detect() -> None:
    with deployed() as cloud:
        elsewhere = Place(project="acme-web", region="europe-west1", watch="projects/acme-web")
        made = read_deployment(cloud.clients(), elsewhere, NOW)
        assert made.functions == ()
        assert made.sink is None


def test_a_binding_that_somebody_added_is_seen_with_what_its_role_holds() -> None:
    with deployed("iam") as cloud:
        bind(cloud.world, ORGANIZATION, "roles/editor", f"serviceAccount:{PLACE.account('detect')}")
        said = of(found(cloud), Severity.WRONG)
        assert any(one.startswith("detect may ") and "roles/editor" in one for one in said)


def test_a_secret_without_a_version_is_there_and_not_usable() -> None:
    with deployed(slack=True) as cloud:
        secret = PLACE.secret("unforbid-slack-bot-token")
        take_away(cloud, f"{secret}/versions/1")
        assert read(cloud).secrets["unforbid-slack-bot-token"] is False
        take_away(cloud, secret)
        assert read(cloud).secrets["unforbid-slack-bot-token"] is None


def test_a_subscription_that_was_never_measured_is_untold_and_old_deliveries_do_not_count() -> None:
    with deployed() as cloud:
        kept = cloud.world.resources[PLACE.subscription("unforbid-dead")]
        pushed = cloud.world.resources[PLACE.subscription("unforbid-denials")]
        assert (read(cloud).dead, read(cloud).delivered) == (0, NOW - timedelta(hours=3))
        kept.hidden["measured"], pushed.hidden["measured"] = [], [(NOW - timedelta(days=8), "push_request_count", 9)]
        made = read(cloud)
        assert isinstance(made.dead, Untold)
        assert made.delivered is None
        kept.hidden["measured"] = [
            (NOW - timedelta(minutes=9), "num_undelivered_messages", 2),
            (NOW - timedelta(minutes=1), "num_undelivered_messages", 7),
        ]
        assert read(cloud).dead == 7


def test_the_newest_archive_tells_the_policy_and_a_strange_one_is_not_told() -> None:
    with deployed("iam") as cloud:
        assert read(cloud).seal == SEAL
        bucket = cloud.world.resources["//storage.googleapis.com/projects/_/buckets/acme-unforbid-unforbid-source"]
        cloud.world.clock.turn(timedelta(minutes=1))
        add_object(cloud.world, bucket, "detect/ff.zip", b"no archive")
        gap = read(cloud).seal
        assert isinstance(gap, Untold)
        assert gap.why == "there is no policy in the archive detect/ff.zip"
        for name in ("detect/ff.zip", "detect/0a1b2c.zip"):
            take_away(cloud, f"{bucket.name}/objects/{name}")
        assert isinstance(read(cloud).seal, Untold)


def test_a_server_that_fails_makes_a_gap_and_no_crash() -> None:
    with deployed("iam") as cloud:
        cloud.world.faults.add("logging.sinks.get", FaultKind.INTERNAL)
        made: Deployment = read(cloud)
        assert isinstance(made.sink, Untold)
        assert isinstance(made.containers[ORGANIZATION], Carrier)
        assert made.at == datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def test_without_the_deny_policy_or_with_an_exception_the_fence_is_open() -> None:
    with deployed("iam") as cloud:
        (policy,) = cloud.world.deny_policies.values()
        rule = policy["rules"][0]["denyRule"]
        rule["exceptionPrincipals"] = [rule["deniedPrincipals"][0]]
        (said,) = of(found(cloud), Severity.WRONG)
        assert said.startswith("no deny policy keeps detect from ")
        cloud.world.deny_policies.clear()
        (said,) = of(found(cloud), Severity.WRONG)
        assert said.startswith("no deny policy keeps detect, execute-iam, sweep from ")


def test_the_second_input_is_looked_at_where_it_is_on() -> None:
    with deployed() as cloud:
        place = replace(PLACE, seal="")
        bind(cloud.world, PLACE.topic("unforbid-counts"), "roles/pubsub.publisher", "allUsers")
        (said,) = of(found(cloud, place), Severity.WRONG)
        assert "allUsers" in said
        assert "only Cloud Monitoring should" in said
        cloud.world.resources[PLACE.subscription("unforbid-counts")].body["pushConfig"] = {"pushEndpoint": ""}
        assert any("pushes to nobody" in one for one in of(found(cloud, place), Severity.WRONG))
        take_away(cloud, PLACE.subscription("unforbid-counts"))
        take_away(cloud, PLACE.topic("unforbid-counts"))
        assert of(found(cloud, place), Severity.WRONG) == []
