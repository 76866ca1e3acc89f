"""Tokens of other accounts: who gets one, who does not and why, and what can be done with it."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from worlds import Cloud, add_account, add_bucket, grant

from sandbox.world import Resource

PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
CI, BOT, RELAY = (f"{name}@acme-web.iam.gserviceaccount.com" for name in ("runner", "release", "relay"))
OTHERS = "bot@acme-data.iam.gserviceaccount.com"
CREATOR = "roles/iam.serviceAccountTokenCreator"
UNIQUE = {CI: "1" * 21, BOT: "2" * 21, RELAY: "3" * 21, OTHERS: "4" * 21}
IAM = "//iam.googleapis.com/projects"


@pytest.fixture(autouse=True)
def _accounts(cloud: Cloud) -> None:
    for email, unique in UNIQUE.items():
        add_account(cloud.world, email, unique)


def full(email: str) -> str:
    return f"{IAM}/{email.partition('@')[2].partition('.')[0]}/serviceAccounts/{email}"


def path(email: str) -> str:
    return f"projects/-/serviceAccounts/{email}"


def mint(cloud: Cloud, target: str = BOT, caller: str = f"as:serviceAccount:{CI}", **more: Any) -> Any:
    request = {"name": path(target), "scope": [PLATFORM], **more}
    return cloud.clients(caller).iam_credentials.generate_access_token(request=request)


def look_with(cloud: Cloud, token: str) -> None:
    """A call over gRPC, whose client does not try to renew a token that was refused."""
    cloud.clients(token).iam_admin.get_service_account(request={"name": path(BOT)})


def entries(cloud: Cloud) -> list[Any]:
    return [one for one in cloud.world.entries if one["protoPayload"]["serviceName"] == "iamcredentials.googleapis.com"]


def test_without_the_role_on_the_account_there_is_no_token(cloud: Cloud) -> None:
    grant(cloud.world, "//cloudresourcemanager.googleapis.com/projects/acme-web", "roles/owner", f"serviceAccount:{CI}")
    with pytest.raises(exceptions.Forbidden) as refused:
        mint(cloud)
    said = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
    assert refused.value.message.endswith(said)
    assert refused.value.reason == "IAM_PERMISSION_DENIED"
    [entry] = entries(cloud)
    payload = entry["protoPayload"]
    assert payload["methodName"] == "GenerateAccessToken"
    assert payload["resourceName"] == path(UNIQUE[BOT])
    assert payload["request"]["name"] == path(BOT)
    assert payload["authorizationInfo"] == [
        {"permission": "iam.serviceAccounts.getAccessToken", "permissionType": "DATA_READ", "resourceAttributes": {}}
    ]
    assert entry["resource"]["labels"] == {"project_id": "acme-web", "email_id": BOT, "unique_id": UNIQUE[BOT]}


def test_a_token_makes_calls_as_the_account_and_the_log_knows_through_whom(cloud: Cloud) -> None:
    add_bucket(cloud.world, "photos")
    bucket = "//storage.googleapis.com/projects/_/buckets/photos"
    grant(cloud.world, full(BOT), CREATOR, f"serviceAccount:{CI}")
    grant(cloud.world, bucket, "roles/storage.objectCreator", f"serviceAccount:{BOT}")
    token = mint(cloud).access_token
    cloud.clients(token).storage.bucket("photos").blob("cat.jpg").upload_from_string(b"meow")
    [entry] = [one for one in cloud.world.entries if one["protoPayload"]["methodName"] == "storage.objects.create"]
    who = entry["protoPayload"]["authenticationInfo"]
    assert who["principalEmail"] == BOT
    assert who["serviceAccountDelegationInfo"] == [{"firstPartyPrincipal": {"principalEmail": CI}}]


def test_a_token_ends_with_its_lifetime(cloud: Cloud) -> None:
    grant(cloud.world, full(BOT), CREATOR, f"serviceAccount:{CI}")
    answer = mint(cloud, lifetime=timedelta(minutes=10))
    assert answer.expire_time - cloud.world.now() == timedelta(minutes=10)
    cloud.world.clock.turn(timedelta(minutes=11))
    with pytest.raises(exceptions.Unauthenticated, match="expired"):
        look_with(cloud, answer.access_token)


def test_a_token_has_no_more_scopes_than_were_asked_for(cloud: Cloud) -> None:
    add_bucket(cloud.world, "photos")
    bucket = "//storage.googleapis.com/projects/_/buckets/photos"
    grant(cloud.world, full(BOT), CREATOR, f"serviceAccount:{CI}")
    grant(cloud.world, bucket, "roles/storage.objectCreator", f"serviceAccount:{BOT}")
    token = mint(cloud, scope=["https://www.googleapis.com/auth/devstorage.read_only"]).access_token
    with pytest.raises(exceptions.Forbidden, match="scope"):
        cloud.clients(token).storage.bucket("photos").blob("cat.jpg").upload_from_string(b"meow")


def test_a_token_of_a_deleted_account_is_worth_nothing_to_its_namesake(cloud: Cloud) -> None:
    grant(cloud.world, full(BOT), CREATOR, f"serviceAccount:{CI}")
    token = mint(cloud).access_token
    cloud.clients().iam_admin.delete_service_account(request={"name": path(BOT)})
    add_account(cloud.world, BOT, "5" * 21)
    with pytest.raises(exceptions.Unauthenticated, match="deleted"):
        look_with(cloud, token)


def test_only_the_full_scope_opens_this_api(cloud: Cloud) -> None:
    grant(cloud.world, full(BOT), CREATOR, f"serviceAccount:{CI}")
    machine = "projects/acme-web/zones/europe-west1-b/instances/vm-1"
    attached = {"serviceAccounts": [{"email": CI, "scopes": ["https://www.googleapis.com/auth/devstorage.read_only"]}]}
    cloud.world.add(
        Resource(
            name=f"//compute.googleapis.com/{machine}",
            kind="instances",
            project="acme-web",
            body={"status": "RUNNING", **attached},
        )
    )
    with pytest.raises(exceptions.Forbidden) as refused:
        mint(cloud, caller=f"vm:{machine}")
    assert refused.value.reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert refused.value.metadata["method"] == "google.iam.credentials.v1.IAMCredentials.GenerateAccessToken"
    assert entries(cloud) == []


def test_the_api_has_to_be_on_in_the_project_of_the_caller_not_of_the_target(cloud: Cloud) -> None:
    grant(cloud.world, full(OTHERS), CREATOR, f"serviceAccount:{CI}")
    projects = {name: cloud.world.project(name).hidden for name in ("acme-data", "acme-web")}  # type: ignore[union-attr]
    projects["acme-data"]["off"] = ["iamcredentials.googleapis.com"]
    assert mint(cloud, OTHERS).access_token
    projects["acme-web"]["off"] = ["iamcredentials.googleapis.com"]
    with pytest.raises(exceptions.Forbidden) as refused:
        mint(cloud, OTHERS)
    assert refused.value.reason == "SERVICE_DISABLED"
    assert refused.value.metadata["consumer"] == "projects/111111111111"


def test_each_link_of_a_chain_needs_its_own_permission(cloud: Cloud) -> None:
    grant(cloud.world, full(BOT), CREATOR, f"serviceAccount:{RELAY}")
    with pytest.raises(exceptions.Forbidden, match=r"iam\.serviceAccounts\.implicitDelegation"):
        mint(cloud, delegates=[path(RELAY)])
    assert entries(cloud)[-1]["protoPayload"]["authorizationInfo"][0]["permission"].endswith("implicitDelegation")
    grant(cloud.world, full(RELAY), CREATOR, f"serviceAccount:{CI}")
    token = mint(cloud, delegates=[path(RELAY)]).access_token
    assert cloud.world.tokens[token]["through"] == [CI, RELAY]
    last = entries(cloud)[-1]["protoPayload"]
    assert last["authorizationInfo"][0]["granted"]
    assert last["metadata"]["identityDelegationChain"] == [path(RELAY), path(BOT)]


def test_the_last_delegate_needs_the_permission_on_the_target(cloud: Cloud) -> None:
    grant(cloud.world, full(RELAY), CREATOR, f"serviceAccount:{CI}")
    grant(cloud.world, full(BOT), CREATOR, f"serviceAccount:{CI}")
    with pytest.raises(exceptions.Forbidden, match=r"iam\.serviceAccounts\.getAccessToken"):
        mint(cloud, delegates=[path(RELAY)])


def test_an_address_that_never_was_is_told_from_a_deleted_account(cloud: Cloud) -> None:
    with pytest.raises(exceptions.NotFound, match="Gaia id not found for email nobody@acme-web"):
        mint(cloud, "nobody@acme-web.iam.gserviceaccount.com")
    cloud.clients().iam_admin.delete_service_account(request={"name": path(BOT)})
    with pytest.raises(exceptions.Forbidden, match="or it may not exist"):
        mint(cloud)


def test_a_disabled_account_gets_no_tokens(cloud: Cloud) -> None:
    grant(cloud.world, full(BOT), CREATOR, f"serviceAccount:{CI}")
    cloud.clients().iam_admin.disable_service_account(request={"name": path(BOT)})
    with pytest.raises(exceptions.BadRequest, match="is disabled"):
        mint(cloud)


@pytest.mark.parametrize(
    "request_",
    [
        {"scope": []},
        {"lifetime": timedelta(hours=2)},
        {"lifetime": timedelta(0)},
        {"name": f"projects/acme-web/serviceAccounts/{BOT}"},
        {"delegates": [f"projects/acme-web/serviceAccounts/{CI}"]},
    ],
)
def test_a_request_that_google_does_not_take_is_refused(cloud: Cloud, request_: dict[str, Any]) -> None:
    for one in (CI, BOT):
        grant(cloud.world, full(one), CREATOR, f"serviceAccount:{CI}")
    with pytest.raises(exceptions.BadRequest):
        mint(cloud, **request_)


def test_an_id_token_names_its_account_and_audience(cloud: Cloud) -> None:
    grant(cloud.world, full(BOT), "roles/iam.serviceAccountOpenIdTokenCreator", f"serviceAccount:{CI}")
    client = cloud.clients(f"as:serviceAccount:{CI}").iam_credentials
    request = {"name": path(BOT), "audience": "https://shop.example", "include_email": True}
    claims = client.generate_id_token(request=request).token.split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert (said["aud"], said["sub"], said["email"]) == ("https://shop.example", UNIQUE[BOT], BOT)
    with pytest.raises(exceptions.Forbidden, match="getAccessToken"):
        mint(cloud)


def test_signing_takes_a_permission_of_its_own(cloud: Cloud) -> None:
    client = cloud.clients(f"as:serviceAccount:{CI}").iam_credentials
    claims = json.dumps({"sub": "user@example.com"})
    with pytest.raises(exceptions.Forbidden, match=r"iam\.serviceAccounts\.signBlob"):
        client.sign_blob(request={"name": path(BOT), "payload": b"data"})
    with pytest.raises(exceptions.Forbidden, match=r"iam\.serviceAccounts\.signJwt"):
        client.sign_jwt(request={"name": path(BOT), "payload": claims})
    grant(cloud.world, full(BOT), CREATOR, f"serviceAccount:{CI}")
    blob = client.sign_blob(request={"name": path(BOT), "payload": b"data"})
    jwt = client.sign_jwt(request={"name": path(BOT), "payload": claims})
    assert blob.signed_blob
    assert blob.key_id == jwt.key_id
    assert jwt.signed_jwt.count(".") == 2


@pytest.mark.parametrize("payload", ["no json", "[]", '{"exp": 1}', '{"exp": "soon"}'])
def test_a_jwt_that_google_does_not_sign_is_refused(cloud: Cloud, payload: str) -> None:
    grant(cloud.world, full(BOT), CREATOR, f"serviceAccount:{CI}")
    client = cloud.clients(f"as:serviceAccount:{CI}").iam_credentials
    with pytest.raises(exceptions.BadRequest):
        client.sign_jwt(request={"name": path(BOT), "payload": payload})


def test_a_user_who_was_refused_stays_unnamed_in_the_log(cloud: Cloud) -> None:
    with pytest.raises(exceptions.Forbidden):
        mint(cloud, caller="as:user:ann@example.com")
    assert entries(cloud)[0]["protoPayload"]["authenticationInfo"] == {}
