"""BigQuery: datasets with their access lists, tables with their policies, and what is read of them."""

from __future__ import annotations

from sandbox.bigquery_jobs import JOBS, TITLE
from sandbox.bigquery_tables import GET_DATA, HOST, existing, rows_of
from sandbox.dataset_access import access_of, write_access
from sandbox.door import Call, Door, Kind, by_parameter
from sandbox.errors import BIGQUERY, conflict, invalid
from sandbox.front import require
from sandbox.policies import policy_doors, test_door
from sandbox.world import Json, Resource, World, etag

API = "bigquery.v2"
RPC = "google.cloud.bigquery.v2"
POLICIES = "google.iam.v1.IAMPolicy"
DATASETS = "bigquery.datasets"
VERSIONS = ("0", "1", "3")

_resource = by_parameter(BIGQUERY, "resource")


def _dataset(_: World, call: Call) -> str:
    return f"{HOST}/projects/{call['projectId']}/datasets/{call['datasetId']}"


def _table(world: World, call: Call) -> str:
    return f"{_dataset(world, call)}/tables/{call['tableId']}"


def _version(call: Call) -> int:
    asked = call.params.get("accessPolicyVersion", "0")
    if asked not in VERSIONS:
        raise invalid(f"accessPolicyVersion {asked} is none of {', '.join(VERSIONS)}.")
    return int(asked)


def _get_dataset(world: World, call: Call) -> Json:
    dataset, version = existing(world, _dataset(world, call)), _version(call)
    shown = {**dataset.body, "etag": etag(dataset.writes)}
    if call.params.get("datasetView") == "METADATA":
        return shown
    require(world, BIGQUERY, f"{DATASETS}.getIamPolicy", dataset.name, call.caller)
    return {**shown, "access": access_of(dataset, version)}


def _patch_dataset(world: World, call: Call) -> Json:
    """Change what is in the body, of the access list, of the rest, or of both (`updateMode`)."""
    dataset, version = existing(world, _dataset(world, call)), _version(call)
    known = call.headers.get("if-match", "*")
    if known not in ("*", etag(dataset.writes)):
        raise conflict(BIGQUERY)
    mode = call.params.get("updateMode", "UPDATE_FULL")
    if "access" in call.body and mode != "UPDATE_METADATA":
        require(world, BIGQUERY, f"{DATASETS}.setIamPolicy", dataset.name, call.caller)
        write_access(world, dataset, call.body["access"], version)
    if mode != "UPDATE_ACL":
        _describe(dataset, call.body)
    return {**dataset.body, "etag": etag(dataset.writes), "access": access_of(dataset, version)}


def _describe(dataset: Resource, body: Json) -> None:
    told = {key: value for key, value in body.items() if key not in ("access", "etag")}
    if told:
        dataset.body |= told
        dataset.writes += 1


def _rows(world: World, call: Call) -> Json:
    rows = rows_of(existing(world, _table(world, call)))
    start = int(call.params.get("pageToken") or call.params.get("startIndex") or 0)
    page = rows[start : start + int(call.params.get("maxResults") or len(rows) or 1)]
    more = {"pageToken": str(start + len(page))} if start + len(page) < len(rows) else {}
    return {"kind": "bigquery#tableDataList", "totalRows": str(len(rows)), "rows": page, **more}


DOORS = [
    Door(
        id="bigquery.datasets.get",
        rpc=f"{RPC}.DatasetService.GetDataset",
        permission=f"{DATASETS}.get",
        on=_dataset,
        answer=_get_dataset,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    Door(
        id="bigquery.datasets.patch",
        rpc=f"{RPC}.DatasetService.PatchDataset",
        permission=f"{DATASETS}.update",
        on=_dataset,
        answer=_patch_dataset,
        kind=Kind.ADMIN_WRITE,
        title=TITLE,
    ),
    Door(
        id="bigquery.tables.get",
        rpc=f"{RPC}.TableService.GetTable",
        permission="bigquery.tables.get",
        on=_table,
        answer=lambda world, call: existing(world, _table(world, call)).body,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    Door(
        id="bigquery.tabledata.list",
        rpc=f"{RPC}.TableDataService.List",
        permission=GET_DATA,
        on=_table,
        answer=_rows,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
    *policy_doors("bigquery.tables", POLICIES, "bigquery.tables", _resource, title=TITLE),
    test_door("bigquery.tables", POLICIES, _resource, title=TITLE),
    *JOBS,
]
