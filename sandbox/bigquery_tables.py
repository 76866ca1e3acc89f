"""What BigQuery knows of datasets and tables, and what it says where something is missing or refused."""

from __future__ import annotations

from sandbox.access import Asked, read_access
from sandbox.caller import Caller
from sandbox.errors import BIGQUERY, Refusal
from sandbox.world import Json, Resource, World

HOST = f"//{BIGQUERY}"
GET_DATA = "bigquery.tables.getData"
SCHEMA = {"fields": [{"name": "id", "type": "INTEGER", "mode": "NULLABLE"}]}


def add_dataset(world: World, project: str, dataset: str) -> Resource:
    """A dataset that nobody was given access to, besides who has it on the project."""
    reference = {"projectId": project, "datasetId": dataset}
    body = {"kind": "bigquery#dataset", "id": f"{project}:{dataset}", "datasetReference": reference, "location": "EU"}
    name = f"{HOST}/projects/{project}/datasets/{dataset}"
    return world.add(Resource(name=name, kind="datasets", project=project, body=body))


def add_table(world: World, dataset: Resource, table: str, *ids: int) -> Resource:
    """A table of one column with some numbers in it; it inherits from its dataset."""
    reference = {**dataset.body["datasetReference"], "tableId": table}
    body = {"kind": "bigquery#table", "id": f"{dataset.body['id']}.{table}", "type": "TABLE", "schema": SCHEMA,
            "tableReference": reference}  # fmt: skip
    name = f"{dataset.name}/tables/{table}"
    return world.add(Resource(name=name, kind="tables", parent=dataset.name, project=dataset.project, body=body,
                              hidden={"rows": [[str(one)] for one in ids]}))  # fmt: skip


def existing(world: World, name: str) -> Resource:
    """A dataset, table or job that exists, or 404 in BigQuery's words."""
    found = world.get(name)
    if found is None:
        kind = name.split("/")[-2].removesuffix("s").title()
        raise Refusal("NOT_FOUND", f"Not found: {kind} {spelt(name)}")
    return found


def spelt(name: str) -> str:
    """A full name as BigQuery writes it: `P:D.T`."""
    project, *rest = name.removeprefix(f"{HOST}/").split("/")[1::2]
    return f"{project}:{'.'.join(rest)}"


def queryable(world: World, caller: Caller, name: str) -> Resource:
    """A table that the caller may query, or the refusal that does not say whether it exists."""
    if not caller.is_reader and not read_access(world, Asked(caller.member, GET_DATA, name, world.now())).allowed:
        table = spelt(name)
        said = f"User does not have permission to query table {table}, or perhaps it does not exist."
        raise Refusal("PERMISSION_DENIED", f"Access Denied: Table {table}: {said}", checked=(GET_DATA, name))
    return existing(world, name)


def rows_of(table: Resource) -> list[Json]:
    """The rows of a table as the API writes them."""
    return [{"f": [{"v": value} for value in row]} for row in table.hidden.get("rows", ())]
