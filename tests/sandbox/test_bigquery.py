"""BigQuery in the sandbox: jobs on the project that pays, data where it lies, access lists with etags and versions."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from worlds import Cloud, add_account, grant

from sandbox.bigquery_tables import add_dataset, add_table
from sandbox.world import CRM, Resource

EMAIL = "dash@acme-web.iam.gserviceaccount.com"
DASH = f"serviceAccount:{EMAIL}"
VIEWER, JOBS = "roles/bigquery.dataViewer", "roles/bigquery.jobUser"
SQL = "SELECT id FROM `acme-data.sales.orders`"


@pytest.fixture
def table(cloud: Cloud) -> Resource:
    add_account(cloud.world, EMAIL)
    return add_table(cloud.world, add_dataset(cloud.world, "acme-data", "sales"), "orders", 1, 2, 3)


def dataset_of(cloud: Cloud) -> Resource:
    return cloud.world.resources["//bigquery.googleapis.com/projects/acme-data/datasets/sales"]


def may_run_jobs(cloud: Cloud) -> None:
    grant(cloud.world, f"{CRM}/projects/acme-web", JOBS, DASH)


def query(cloud: Cloud, sql: str = SQL) -> list[Any]:
    rows = cloud.clients(f"as:{DASH}").bigquery.query(sql, project="acme-web").result(retry=None, job_retry=None)
    return [row[0] for row in rows]


def query_and_wait(cloud: Cloud, sql: str = SQL) -> list[Any]:
    client = cloud.clients(f"as:{DASH}").bigquery
    return [row[0] for row in client.query_and_wait(sql, project="acme-web", retry=None, job_retry=None)]


@pytest.mark.parametrize("run", [query, query_and_wait])
@pytest.mark.usefixtures("table")
def test_a_job_needs_a_role_on_the_project_that_pays(cloud: Cloud, run: Any) -> None:
    grant(cloud.world, f"{CRM}/projects/acme-data", JOBS, DASH)
    said = "Access Denied: Project acme-web: User does not have bigquery.jobs.create permission in project acme-web"
    with pytest.raises(exceptions.Forbidden, match=said):
        run(cloud)
    (checked,) = cloud.world.entries[-1]["protoPayload"]["authorizationInfo"]
    assert (checked["permission"], checked["resource"]) == ("bigquery.jobs.create", "projects/acme-web")
    assert cloud.world.entries[-1]["resource"]["type"] == "bigquery_project"


@pytest.mark.parametrize("run", [query, query_and_wait])
@pytest.mark.usefixtures("table")
def test_the_data_needs_a_role_of_its_own_and_the_job_says_which_table(cloud: Cloud, run: Any) -> None:
    may_run_jobs(cloud)
    said = "User does not have permission to query table acme-data:sales.orders, or perhaps it does not exist"
    with pytest.raises(exceptions.Forbidden, match=said):
        run(cloud)
    refused = [one["protoPayload"] for one in cloud.world.entries if one["protoPayload"]["status"]]
    assert [(one["permission"], one.get("granted", False)) for one in refused[0]["authorizationInfo"]] == [
        ("bigquery.jobs.create", True),
        ("bigquery.tables.getData", False),
    ]
    assert refused[0]["authorizationInfo"][1]["resource"] == "projects/acme-data/datasets/sales/tables/orders"


@pytest.mark.parametrize("run", [query, query_and_wait])
@pytest.mark.parametrize("where", ["dataset", "table"])
def test_a_query_gives_the_rows_to_who_may_run_it_and_read_the_data(
    cloud: Cloud, table: Resource, run: Any, where: str
) -> None:
    may_run_jobs(cloud)
    grant(cloud.world, (table if where == "table" else dataset_of(cloud)).name, VIEWER, DASH)
    assert run(cloud) == [1, 2, 3]


@pytest.mark.usefixtures("table")
def test_every_table_of_a_statement_has_to_be_readable(cloud: Cloud) -> None:
    may_run_jobs(cloud)
    add_table(cloud.world, add_dataset(cloud.world, "acme-web", "own"), "days", 7)
    grant(cloud.world, "//bigquery.googleapis.com/projects/acme-web/datasets/own", VIEWER, DASH)
    assert query(cloud, "SELECT id FROM own.days") == [7]
    with pytest.raises(exceptions.Forbidden, match=r"acme-data:sales\.orders"):
        query(cloud, f"SELECT id FROM own.days JOIN {SQL.rpartition(' ')[2]} USING (id)")


@pytest.mark.usefixtures("table")
def test_a_missing_table_is_told_only_to_who_might_read_it(cloud: Cloud) -> None:
    may_run_jobs(cloud)
    gone = SQL.replace("orders", "gone")
    with pytest.raises(exceptions.Forbidden, match="or perhaps it does not exist"):
        query(cloud, gone)
    grant(cloud.world, f"{CRM}/projects/acme-data", VIEWER, DASH)
    with pytest.raises(exceptions.NotFound, match=r"Not found: Table acme-data:sales\.gone"):
        query(cloud, gone)


@pytest.mark.usefixtures("table")
def test_somebody_elses_job_is_not_shown(cloud: Cloud) -> None:
    may_run_jobs(cloud)
    job = cloud.clients(f"as:{DASH}").bigquery.query("SELECT 1", project="acme-web")
    assert cloud.clients(f"as:{DASH}").bigquery.get_job(job.job_id, project="acme-web").state == "DONE"
    with pytest.raises(exceptions.Forbidden, match=r"bigquery\.jobs\.get"):
        cloud.clients("as:user:eve@example.com").bigquery.get_job(job.job_id, project="acme-web", retry=None)


def test_rows_are_read_page_by_page_without_a_job(cloud: Cloud, table: Resource) -> None:
    client = cloud.clients(f"as:{DASH}").bigquery
    with pytest.raises(exceptions.Forbidden, match=r"Permission bigquery\.tables\.get denied on table acme-data:sales"):
        client.get_table("acme-data.sales.orders", retry=None)
    grant(cloud.world, table.name, VIEWER, DASH)
    seen = client.get_table("acme-data.sales.orders")
    assert [row[0] for row in client.list_rows(seen, page_size=2)] == [1, 2, 3]


def test_owners_of_the_project_have_what_its_special_group_has(cloud: Cloud, table: Resource) -> None:
    grant(cloud.world, dataset_of(cloud).name, VIEWER, "projectOwner:acme-data")
    client = cloud.clients(f"as:{DASH}").bigquery
    with pytest.raises(exceptions.Forbidden):
        client.get_table("acme-data.sales.orders", retry=None)
    grant(cloud.world, f"{CRM}/projects/acme-data", "roles/owner", DASH)
    assert client.get_table("acme-data.sales.orders").table_id == table.body["tableReference"]["tableId"]


def patch(cloud: Cloud, access: list[dict[str, Any]], etag: str, **query_params: Any) -> Any:
    return cloud.clients().bigquery._connection.api_request(
        method="PATCH",
        path="/projects/acme-data/datasets/sales",
        data={"access": access},
        query_params={"updateMode": "UPDATE_ACL", "accessPolicyVersion": 3, **query_params},
        headers={"If-Match": etag},
    )


def get(cloud: Cloud, **query_params: Any) -> Any:
    path = "/projects/acme-data/datasets/sales"
    return cloud.clients().bigquery._connection.api_request(method="GET", path=path, query_params=query_params)


@pytest.mark.usefixtures("table")
def test_an_entry_added_to_the_access_list_lets_its_member_in_and_keeps_the_others(cloud: Cloud) -> None:
    may_run_jobs(cloud)
    view = {"view": {"projectId": "acme-web", "datasetId": "own", "tableId": "daily"}}
    before = patch(cloud, [{"role": "OWNER", "userByEmail": "ann@example.com"}, view], "*")
    added = {"role": "roles/bigquery.dataViewer", "userByEmail": EMAIL}
    after = patch(cloud, [*before["access"], added], before["etag"])
    assert after["access"] == [
        {"role": "OWNER", "userByEmail": "ann@example.com"},
        {"role": "READER", "userByEmail": EMAIL},
        view,
    ]
    assert query(cloud) == [1, 2, 3]


@pytest.mark.usefixtures("table")
def test_a_stale_etag_of_a_dataset_is_a_precondition_that_failed(cloud: Cloud) -> None:
    etag = get(cloud)["etag"]
    assert patch(cloud, [], etag)["etag"] != etag
    with pytest.raises(exceptions.PreconditionFailed, match="Precondition check failed"):
        patch(cloud, [], etag)
    dataset_of(cloud).hidden["conflicts"] = 1
    with pytest.raises(exceptions.PreconditionFailed):
        patch(cloud, [], get(cloud)["etag"])
    assert patch(cloud, [], get(cloud)["etag"])


@pytest.mark.usefixtures("table")
def test_conditions_of_a_dataset_are_only_seen_and_written_with_version_three(cloud: Cloud) -> None:
    ends = {"title": "t", "expression": 'request.time < timestamp("2026-12-01T00:00:00Z")'}
    entry = {"role": "READER", "userByEmail": EMAIL, "condition": ends}
    assert patch(cloud, [entry], "*")["access"] == [entry]
    assert get(cloud, accessPolicyVersion=3)["access"] == [entry]
    flat = get(cloud)["access"]
    assert flat[0]["role"].startswith("roles/bigquery.dataViewer_with_conditionalbinding_")
    with pytest.raises(exceptions.BadRequest, match="must be 3"):
        patch(cloud, [], "*", accessPolicyVersion=1)
    with pytest.raises(exceptions.BadRequest, match="is not supported"):
        patch(cloud, flat, "*")
    with pytest.raises(exceptions.BadRequest, match="accessPolicyVersion 2"):
        get(cloud, accessPolicyVersion=2)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    "entry",
    [
        {"userByEmail": "ann@example.com"},
        {"role": "READER"},
        {"role": "READER", "userByEmail": "ann@example.com", "domain": "example.com"},
        {"role": "READER", "userByEmail": "gone@acme-web.iam.gserviceaccount.com"},
    ],
)
def test_an_access_entry_that_makes_no_sense_fails_the_whole_write(cloud: Cloud, entry: dict[str, Any]) -> None:
    with pytest.raises(exceptions.BadRequest):
        patch(cloud, [entry], "*")
    assert get(cloud)["access"] == []


def test_an_access_list_is_for_who_may_see_policies(cloud: Cloud, table: Resource) -> None:
    cloud.world.roles["projects/acme-data/roles/lister"] = {"includedPermissions": ["bigquery.datasets.get"]}
    grant(cloud.world, dataset_of(cloud).name, "projects/acme-data/roles/lister", DASH)
    client = cloud.clients(f"as:{DASH}").bigquery
    with pytest.raises(exceptions.Forbidden, match=r"Permission bigquery\.datasets\.getIamPolicy denied on dataset"):
        client.get_dataset("acme-data.sales", retry=None)
    from google.cloud.bigquery.enums import DatasetView

    assert client.get_dataset("acme-data.sales", dataset_view=DatasetView.METADATA).access_entries == []
    assert table.parent == dataset_of(cloud).name


@pytest.mark.usefixtures("table")
def test_a_description_changes_without_the_access_list(cloud: Cloud) -> None:
    client = cloud.clients().bigquery
    dataset = client.get_dataset("acme-data.sales")
    dataset.description = "what was sold"
    assert client.update_dataset(dataset, ["description"]).description == "what was sold"
    with pytest.raises(exceptions.PreconditionFailed):
        client.update_dataset(dataset, ["description"])


def test_the_policy_of_a_table_is_written_with_its_etag(cloud: Cloud, table: Resource) -> None:
    client = cloud.clients().bigquery
    policy = client.get_iam_policy("acme-data.sales.orders")
    policy.bindings = [{"role": VIEWER, "members": [DASH]}]
    assert client.set_iam_policy("acme-data.sales.orders", policy).bindings[0]["members"] == {DASH}
    with pytest.raises(exceptions.PreconditionFailed):
        client.set_iam_policy("acme-data.sales.orders", policy)
    assert table.policy()["bindings"] == [{"role": VIEWER, "members": [DASH]}]
