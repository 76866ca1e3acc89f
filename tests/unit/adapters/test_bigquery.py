"""The access lists of datasets and the policies of tables, read through Google's own client."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import Cloud, grant

from sandbox.bigquery_tables import add_dataset, add_table
from sandbox.faults import FaultKind
from shared.adapters import bigquery
from shared.adapters.dataset_access import bindings_of
from shared.errors import LookFailed
from shared.model.facts import Binding, Condition

HOST = "//bigquery.googleapis.com"
DATASET = f"{HOST}/projects/acme-data/datasets/sales"
TABLE = f"{DATASET}/tables/orders"
VIEWER, EDITOR = "roles/bigquery.dataViewer", "roles/bigquery.dataEditor"
DASH = "serviceAccount:dash@acme-data.iam.gserviceaccount.com"
ENDS = 'request.time < timestamp("2026-12-01T00:00:00Z")'
GETS = {"access list": "bigquery.datasets.get", "policy": "bigquery.tables.getIamPolicy"}


@pytest.fixture(autouse=True)
def _table(cloud: Cloud) -> None:
    add_table(cloud.world, add_dataset(cloud.world, "acme-data", "sales"), "orders")


def test_the_access_list_of_a_dataset_is_read_as_a_policy(cloud: Cloud) -> None:
    grant(cloud.world, DATASET, "roles/bigquery.dataOwner", "projectOwner:acme-data", "user:ann@example.com")
    grant(
        cloud.world, DATASET, VIEWER, "group:bi@example.com", "domain:example.com", "allAuthenticatedUsers", "allUsers"
    )
    grant(cloud.world, DATASET, EDITOR, DASH, title="until December", expression=ENDS)
    grant(cloud.world, DATASET, "roles/bigquery.metadataViewer", "principal://iam.googleapis.com/x/subject/y")
    policy = bigquery.policy(cloud.clients(), DATASET)
    assert policy.bindings == (
        Binding(role="roles/bigquery.dataOwner", members=("projectOwner:acme-data", "user:ann@example.com")),
        Binding(
            role=VIEWER,
            members=("group:bi@example.com", "domain:example.com", "allAuthenticatedUsers", "allUsers"),
        ),
        Binding(role=EDITOR, members=(DASH,), condition=Condition(title="until December", expression=ENDS)),
        Binding(role="roles/bigquery.metadataViewer", members=("principal://iam.googleapis.com/x/subject/y",)),
    )
    assert (policy.etag, policy.version) == (cloud.world.resources[DATASET].policy()["etag"], 3)


def test_a_view_that_may_read_a_dataset_is_nobody_with_a_role(cloud: Cloud) -> None:
    view = {"projectId": "acme-web", "datasetId": "reports", "tableId": "daily"}
    cloud.world.resources[DATASET].hidden["authorized"] = [
        {"view": view},
        {"routine": {"projectId": "p", "datasetId": "d", "routineId": "r"}},
        {"dataset": {"dataset": {"projectId": "p", "datasetId": "d"}, "targetTypes": ["VIEWS"]}},
    ]
    assert bigquery.policy(cloud.clients(), DATASET).bindings == ()


def test_the_policy_of_a_table_is_its_own_with_conditions(cloud: Cloud) -> None:
    grant(cloud.world, DATASET, EDITOR, DASH)
    grant(cloud.world, TABLE, VIEWER, DASH, title="until December", expression=ENDS)
    policy = bigquery.policy(cloud.clients(), TABLE)
    assert policy.bindings == (
        Binding(role=VIEWER, members=(DASH,), condition=Condition(title="until December", expression=ENDS)),
    )
    assert policy.version == 3


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        (DATASET, "bigquery.datasets.get"),
        (DATASET, "bigquery.datasets.getIamPolicy"),
        (TABLE, "bigquery.tables.getIamPolicy"),
    ],
)
def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud, name: str, needed: str) -> None:
    assert refused(cloud, needed, lambda: bigquery.policy(cloud.clients(), name)).permission == needed


@pytest.mark.parametrize("name", [f"{DATASET}_2", f"{TABLE}_2"])
def test_what_does_not_exist_is_said_not_to(cloud: Cloud, name: str) -> None:
    assert "does not exist" in finds_nothing(lambda: bigquery.policy(cloud.clients(), name))


@pytest.mark.parametrize("fault", OUTAGES)
@pytest.mark.parametrize(
    ("name", "method"), [(DATASET, "bigquery.datasets.get"), (TABLE, "bigquery.tables.getIamPolicy")]
)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, name: str, method: str, fault: FaultKind) -> None:
    fails(cloud, method, fault, lambda: bigquery.policy(cloud.clients(), name))


@pytest.mark.parametrize("name", [f"{DATASET}/routines/r", f"{HOST}/projects/acme-data", f"{HOST}/projects/p/jobs/j"])
def test_a_name_of_another_type_is_a_mistake_of_ours(cloud: Cloud, name: str) -> None:
    with pytest.raises(ValueError, match="is no resource of bigquery"):
        bigquery.policy(cloud.clients(), name)


Spoil = Callable[[dict[str, object]], object]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.pop("access"),
        lambda body: body.pop("etag"),
        lambda body: body.pop("datasetReference"),
        lambda body: body.update(access=None),
        lambda body: body.update(access=[{"role": "READER"}]),
        lambda body: body.update(access=[{"role": "READER", "futureKind": "x"}]),
        lambda body: body.update(access=[{"role": "READER", "userByEmail": "a@b.c", "domain": "b.c"}]),
        lambda body: body.update(access=[{"userByEmail": "a@b.c"}]),
        lambda body: body.update(access=[{"role": "READER", "specialGroup": "projectFriends"}]),
        lambda body: body.update(access=[{"role": "READER", "domain": "b.c", "condition": {"expression": 1}}]),
    ],
)
def test_an_access_list_that_is_not_whole_is_no_policy(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, spoil: Spoil
) -> None:
    clients = cloud.clients()
    whole = clients.bigquery._connection.api_request(method="GET", path="/projects/acme-data/datasets/sales")
    spoil(whole)
    monkeypatch.setattr(clients.bigquery._connection, "api_request", lambda **_: whole)
    with pytest.raises(LookFailed, match="makes no sense"):
        bigquery.policy(clients, DATASET)


@pytest.mark.parametrize(
    "answer",
    [[], "x", None, {}, {"etag": 1}, {"etag": "x", "bindings": {}}, {"etag": "x", "bindings": [{"members": ["a"]}]}],
)
def test_a_policy_of_a_table_that_is_not_whole_is_none(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    clients = cloud.clients()
    monkeypatch.setattr(clients.bigquery._connection, "api_request", lambda **_: answer)
    with pytest.raises(LookFailed, match="makes no sense"):
        bigquery.policy(clients, TABLE)


def test_a_condition_that_hides_in_a_role_is_not_overlooked(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    clients, role = cloud.clients(), f"{VIEWER}_with_conditionalbinding_7a34aw"
    dataset = {"datasetReference": {"projectId": "acme-data"}, "access": [{"role": role, "domain": "b.c"}]}
    for name, answer in ((DATASET, dataset), (TABLE, {"bindings": [{"role": role, "members": ["domain:b.c"]}]})):
        answer["etag"] = "x"
        monkeypatch.setattr(clients.bigquery._connection, "api_request", lambda answer=answer, **_: answer)
        with pytest.raises(LookFailed, match="conditions are hidden"):
            bigquery.policy(clients, name)


def test_entries_with_the_same_role_and_condition_are_one_binding() -> None:
    ends = {"title": "t", "expression": ENDS}
    entries = [
        {"role": "READER", "userByEmail": "ann@example.com"},
        {"role": "READER", "userByEmail": "bob@example.com", "condition": ends},
        {"role": "roles/bigquery.dataViewer", "groupByEmail": "bi@example.com"},
    ]
    assert [one.members for one in bindings_of("acme-data", entries)] == [
        ("user:ann@example.com", "group:bi@example.com"),
        ("user:bob@example.com",),
    ]
