"""Every call a scenario can make goes through Google's own client: refused without a role, accepted with one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from fakes import FakeClock
from google.api_core.exceptions import InternalServerError
from worlds import cloud_of, grant

from sandbox.caller import caller_of
from sandbox.callers import CALLS, COLLECTIONS, NotAlone, Outcome, Request, as_python, make_call
from sandbox.faults import FaultKind
from sandbox.scenario import load, world_of
from sandbox.world import CRM, World

EMAIL = "caller@acme-web.iam.gserviceaccount.com"
TARGET = "target-bot@acme-data.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{EMAIL}"
TOKEN = f"as:{MEMBER}"
DATA = "projects/acme-data"
ACCOUNT = f"//iam.googleapis.com/{DATA}/serviceAccounts/{TARGET}"
OBJECT = "//storage.googleapis.com/projects/_/buckets/photos/objects/cat.jpg"
REPOSITORY = f"//artifactregistry.googleapis.com/{DATA}/locations/europe-west1/repositories/images"
SERVICE = f"//run.googleapis.com/{DATA}/locations/europe-west1/services/checkout"
MACHINE = f"//compute.googleapis.com/{DATA}/zones/europe-west1-b/instances/web-1"
KEY = f"//cloudkms.googleapis.com/{DATA}/locations/europe-west1/keyRings/ring/cryptoKeys/orders"
TABLE = f"//bigquery.googleapis.com/{DATA}/datasets/sales/tables/orders"
EVERYTHING = {
    "accounts": [EMAIL, TARGET],
    "buckets": {"acme-data": {"photos": ["cat.jpg"]}},
    "topics": {"acme-data": ["orders"]},
    "subscriptions": {"acme-data": {"worker": {"topic": "orders"}}},
    "secrets": {"acme-data": ["api-key"]},
    "datasets": {"acme-data": {"sales": ["orders"]}},
    "keys": {"acme-data": ["europe-west1/ring/orders"]},
    "repositories": {"acme-data": ["europe-west1/images"]},
    "run_services": {"acme-data": ["europe-west1/checkout"]},
    "machines": {"acme-data": {"web-1": {}}},
    "projects": {"acme-web": {"number": "1"}, "acme-data": {"number": "2", "off": ["run.googleapis.com"]}},
    "title": "one of each",
    "truth": {"cause": "iam.allow_missing", "because": "nobody granted anything"},
    "call": {"as": MEMBER, "do": "upload", "on": OBJECT},
}
MADE_ON = {
    "upload": (OBJECT, "storage.objects.create", "storage.objects.delete"),
    "download": (OBJECT, "storage.objects.get"),
    "list_objects": (OBJECT.partition("/objects/")[0], "storage.objects.list"),
    "mint_token": (ACCOUNT, "iam.serviceAccounts.getAccessToken"),
    "mint_id_token": (ACCOUNT, "iam.serviceAccounts.getOpenIdToken"),
    "sign_blob": (ACCOUNT, "iam.serviceAccounts.signBlob"),
    "write_log": (f"{CRM}/{DATA}", "logging.logEntries.create"),
    "publish": (f"//pubsub.googleapis.com/{DATA}/topics/orders", "pubsub.topics.publish"),
    "pull": (f"//pubsub.googleapis.com/{DATA}/subscriptions/worker", "pubsub.subscriptions.consume"),
    "access_secret": (
        f"//secretmanager.googleapis.com/{DATA}/secrets/api-key/versions/latest",
        "secretmanager.versions.access",
    ),
    "query": (TABLE, "bigquery.tables.getData", "bigquery.jobs.create"),
    "encrypt": (KEY, "cloudkms.cryptoKeyVersions.useToEncrypt"),
    "decrypt": (KEY, "cloudkms.cryptoKeyVersions.useToDecrypt"),
    "get_repository": (REPOSITORY, "artifactregistry.repositories.get"),
    "list_packages": (REPOSITORY, "artifactregistry.packages.list"),
    "get_machine": (MACHINE, "compute.instances.get"),
    "stop_machine": (MACHINE, "compute.instances.stop"),
    "enable_api": (f"{CRM}/{DATA}/services/run.googleapis.com", "serviceusage.services.enable"),
    "get_project": (f"{CRM}/{DATA}", "resourcemanager.projects.get"),
    "set_policy": (f"{CRM}/{DATA}", "resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy"),
    "invoke": (SERVICE, "run.routes.invoke"),
    "pull_image": (REPOSITORY, "artifactregistry.repositories.downloadArtifacts"),
}
"""Each call with the name it is made on and the permissions it needs."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    file = tmp_path / "everything.yaml"
    file.write_text(yaml.safe_dump(EVERYTHING))
    return world_of(load(file, FakeClock()))


def made(world: World, do: str, *permissions: str) -> Outcome:
    """The outcome of a call by somebody who holds these permissions in both projects."""
    world.roles["projects/acme-data/roles/all"] = {"includedPermissions": list(permissions)}
    for project in ("acme-data", "acme-web"):
        grant(world, f"{CRM}/projects/{project}", "projects/acme-data/roles/all", MEMBER)
    with cloud_of(world) as cloud:
        return make_call(cloud.endpoint, Request(do=do, on=MADE_ON[do][0], token=TOKEN), world)


def test_every_call_is_tried_here() -> None:
    assert MADE_ON.keys() == COLLECTIONS.keys()
    for do, (on, *_) in MADE_ON.items():
        assert all(f"/{one}/" in on for one in COLLECTIONS[do])


@pytest.mark.parametrize("do", MADE_ON)
def test_a_call_without_the_permission_is_refused_in_the_words_of_its_client(do: str, world: World) -> None:
    outcome = made(world, do)
    assert (outcome.accepted, outcome.status) == (False, 403)
    assert "127.0.0.1" not in outcome.text
    if do in CALLS:
        kind = "PermissionDenied" if do == "write_log" else "Forbidden"
        assert outcome.error == f"google.api_core.exceptions.{kind}"
        assert do == "write_log" or f"https://{CALLS[do].service}/" in outcome.text
    else:
        assert not outcome.error.startswith("google.")


@pytest.mark.parametrize("do", MADE_ON)
def test_the_same_call_is_accepted_with_the_permission(do: str, world: World) -> None:
    outcome = made(world, do, *MADE_ON[do][1:])
    if do == "decrypt":  # what it is asked to decrypt is no ciphertext of this key: it got that far
        assert (outcome.status, "Decryption failed" in outcome.text) == (400, True)
    else:
        assert outcome.accepted, outcome.text


def test_impersonation_goes_through_both_steps(world: World) -> None:
    request = Request(do="download", on=OBJECT, token=TOKEN, impersonating=TARGET)
    with cloud_of(world) as cloud:
        first = make_call(cloud.endpoint, request)
        grant(world, ACCOUNT, "roles/iam.serviceAccountTokenCreator", MEMBER)
        second = make_call(cloud.endpoint, request)
        grant(world, OBJECT.partition("/objects/")[0], "roles/storage.objectViewer", f"serviceAccount:{TARGET}")
        third = make_call(cloud.endpoint, request)
    assert "getAccessToken" in first.text
    assert f"{TARGET} does not have storage.objects.get" in second.text
    assert third.accepted
    audited = world.entries[-1]["protoPayload"]["authenticationInfo"]
    assert audited["serviceAccountDelegationInfo"] == [{"firstPartyPrincipal": {"principalEmail": EMAIL}}]


def test_a_quota_project_is_sent_and_has_to_be_usable(world: World) -> None:
    grant(world, f"{CRM}/{DATA}", "roles/pubsub.publisher", MEMBER)
    request = Request(do="publish", on=MADE_ON["publish"][0], token=TOKEN, billed_to="acme-web")
    with cloud_of(world) as cloud:
        refused = make_call(cloud.endpoint, request)
        grant(world, f"{CRM}/projects/acme-web", "roles/serviceusage.serviceUsageConsumer", MEMBER)
        accepted = make_call(cloud.endpoint, request)
    assert "permission to use project acme-web" in refused.text
    assert accepted.accepted


def test_a_query_runs_in_the_project_it_names(world: World) -> None:
    grant(world, f"{CRM}/projects/acme-web", "roles/bigquery.jobUser", MEMBER)
    grant(world, TABLE.partition("/tables/")[0], "roles/bigquery.dataViewer", MEMBER)
    with cloud_of(world) as cloud:
        here = make_call(cloud.endpoint, Request(do="query", on=TABLE, token=TOKEN, within="acme-web"))
        there = make_call(cloud.endpoint, Request(do="query", on=TABLE, token=TOKEN))
    assert here.accepted
    assert "bigquery.jobs.create permission in project acme-data" in there.text


def test_a_disabled_account_is_refused_as_unauthenticated(world: World) -> None:
    account = world.resources[f"//iam.googleapis.com/projects/acme-web/serviceAccounts/{EMAIL}"]
    account.body["disabled"] = True
    with cloud_of(world) as cloud:
        outcome = make_call(cloud.endpoint, Request(do="write_log", on=f"{CRM}/{DATA}", token=TOKEN))
    assert (outcome.status, outcome.text) == (401, f"401 Service account {EMAIL} is disabled.")


def test_what_is_no_refusal_is_raised(world: World) -> None:
    world.faults.add("iamcredentials.*", FaultKind.INTERNAL)
    with cloud_of(world) as cloud, pytest.raises(InternalServerError):
        make_call(cloud.endpoint, Request(do="mint_token", on=ACCOUNT, token=TOKEN))


@pytest.mark.parametrize("do", ["invoke", "pull_image"])
def test_calls_to_addresses_of_their_own_need_the_process_of_the_sandbox(do: str) -> None:
    with pytest.raises(NotAlone, match="only the process of the sandbox"):
        make_call("127.0.0.1:9", Request(do=do, on=MADE_ON[do][0], token=TOKEN))


def test_the_python_that_is_printed_makes_the_same_call(world: World) -> None:
    request = Request(do="write_log", on=f"{CRM}/{DATA}", token=TOKEN, billed_to="acme-data")
    with cloud_of(world) as cloud:
        source = as_python(cloud.endpoint, request).replace("print(", "said.append(")
        said: list[str] = []
        exec(source, {"said": said})
        assert said == [make_call(cloud.endpoint, request).text]
    assert caller_of(world, TOKEN).email == EMAIL
