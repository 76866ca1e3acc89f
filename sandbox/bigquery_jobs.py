"""Queries: run in the project that pays, on tables of any project; jobs keep what came of them."""

from __future__ import annotations

import re

from sandbox import audit
from sandbox.bigquery_tables import HOST, SCHEMA, existing, queryable, rows_of
from sandbox.door import Call, Door, Kind
from sandbox.errors import BIGQUERY, Refusal
from sandbox.world import CRM, Json, Resource, World

TITLE = "BigQuery API"
RPC = "google.cloud.bigquery.v2.JobService"
TABLES = re.compile(r"\b(?:FROM|JOIN)\s+`?([\w.:-]+)`?", re.IGNORECASE)
REASONS = {"PERMISSION_DENIED": "accessDenied", "NOT_FOUND": "notFound"}


def _paying(_: World, call: Call) -> str:
    return f"{CRM}/projects/{call['projectId']}"


def _job_name(_: World, call: Call) -> str:
    return f"{HOST}/projects/{call['projectId']}/jobs/{call['jobId']}"


def _tables(sql: str, project: str) -> list[str]:
    """The full names of the tables a statement reads; those without a project are the paying one's."""
    names = []
    for found in TABLES.findall(sql):
        parts = found.replace(":", ".").split(".")
        if len(parts) < 2:
            continue
        owner, dataset, table = parts if len(parts) == 3 else (project, *parts)
        names.append(f"{HOST}/projects/{owner}/datasets/{dataset}/tables/{table}")
    return names


def _result(world: World, call: Call, sql: str) -> Json:
    """What a statement gives: the rows of the first table it reads, if the caller may query all of them."""
    tables = [queryable(world, call.caller, name) for name in _tables(sql, call["projectId"])]
    rows = rows_of(tables[0]) if tables else [{"f": [{"v": "1"}]}]
    schema = tables[0].body.get("schema", SCHEMA) if tables else SCHEMA
    return {"schema": schema, "rows": rows, "totalRows": str(len(rows)), "jobComplete": True}


def _query(world: World, call: Call) -> Json:
    result = _result(world, call, call.body.get("query", ""))
    reference = {"projectId": call["projectId"], "jobId": f"job_{len(world.of_kind('jobs')) + 1}", "location": "EU"}
    _keep(world, call, reference, result)
    return {"kind": "bigquery#queryResponse", "jobReference": reference, "totalBytesProcessed": "0", **result}


def _insert(world: World, call: Call) -> Json:
    """A query that may not read a table becomes a job that has failed; whoever asks for its result is refused."""
    project, sent = call["projectId"], call.body.get("jobReference", {})
    reference = {"projectId": project, "jobId": sent.get("jobId", f"job_{len(world.of_kind('jobs')) + 1}"),
                 "location": sent.get("location", "EU")}  # fmt: skip
    query = call.body.get("configuration", {}).get("query", {})
    try:
        return _keep(world, call, reference, _result(world, call, query.get("query", "")))
    except Refusal as refusal:
        audit.record(world, BIGQUERY, INSERT, call, refusal)
        return _keep(world, call, reference, refusal)


def _keep(world: World, call: Call, reference: Json, outcome: Json | Refusal) -> Json:
    """A finished job, with its result or the reason why there is none."""
    status: Json = {"state": "DONE"}
    if isinstance(outcome, Refusal):
        wrong = {"reason": REASONS.get(outcome.status, "invalid"), "message": outcome.message}
        status |= {"errorResult": wrong, "errors": [wrong]}
    project, job = reference["projectId"], reference["jobId"]
    body: Json = {
        "kind": "bigquery#job",
        "id": f"{project}:{reference['location']}.{job}",
        "jobReference": reference,
        "configuration": {"jobType": "QUERY", **call.body.get("configuration", {})},
        "status": status,
        "statistics": {"query": {"statementType": "SELECT"}},
        "user_email": call.caller.email,
    }
    world.add(Resource(name=f"{HOST}/projects/{project}/jobs/{job}", kind="jobs", project=project, body=body,
                       hidden={"outcome": outcome}))  # fmt: skip
    return body


def _results(world: World, call: Call) -> Json:
    job = existing(world, _job_name(world, call))
    outcome = job.hidden["outcome"]
    if isinstance(outcome, Refusal):
        raise Refusal(outcome.status, outcome.message)
    shown = {key: value for key, value in outcome.items() if key != "rows" or call.params.get("maxResults") != "0"}
    return {"kind": "bigquery#getQueryResultsResponse", "jobReference": job.body["jobReference"], **shown}


def _of_others(world: World, call: Call) -> str:
    """Whoever started a job may see it."""
    job = world.get(_job_name(world, call))
    return "" if job and job.body["user_email"] == call.caller.email else "bigquery.jobs.get"


INSERT = Door(
    id="bigquery.jobs.insert",
    rpc=f"{RPC}.InsertJob",
    permission="bigquery.jobs.create",
    on=_paying,
    answer=_insert,
    kind=Kind.DATA_WRITE,
    title=TITLE,
)
JOBS = [
    INSERT,
    Door(
        id="bigquery.jobs.query",
        rpc=f"{RPC}.Query",
        permission="bigquery.jobs.create",
        on=_paying,
        answer=_query,
        kind=Kind.DATA_WRITE,
        title=TITLE,
    ),
    Door(
        id="bigquery.jobs.get",
        rpc=f"{RPC}.GetJob",
        permission=_of_others,
        on=_job_name,
        answer=lambda world, call: existing(world, _job_name(world, call)).body,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
    Door(
        id="bigquery.jobs.getQueryResults",
        rpc=f"{RPC}.GetQueryResults",
        permission=_of_others,
        on=_job_name,
        answer=_results,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
]
