"""Cloud Monitoring: time series of how full the memory of machines was, and of what subscriptions deliver.

`Resource.hidden["memory"]` of an instance says it: [(time, percent), ...], with a straight line from one to the next,
and nothing before the first and after the last. The Python client speaks gRPC only. Of filters only equalities joined
by AND are understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from sandbox.clock import stamp
from sandbox.door import Call, Door, Kind
from sandbox.errors import invalid
from sandbox.pages import page_of
from sandbox.subscription_metrics import PREFIX, subscription_series
from sandbox.world import CRM, Json, Resource, World

API = "monitoring.v3"
TITLE = "Cloud Monitoring API"
AGENT = "agent.googleapis.com/memory/percent_used"
BALLOON = "compute.googleapis.com/instance/memory/balloon/ram_"
SIZE = 4 * 1024**3
TERM = re.compile(r'([a-z_.]+)\s*=\s*"([^"\\]*)"')


def _project(_: World, call: Call) -> str:
    return f"{CRM}/{call['name']}"


def _list(world: World, call: Call) -> Json:
    wanted = _terms(call["filter"])
    since, until = (_time(call, one) for one in ("startTime", "endTime"))
    period = timedelta(seconds=float(call.params.get("aggregation.alignmentPeriod", "60s").removesuffix("s")))
    project = world.project(call["name"])
    if project is not None and wanted.get("metric.type", "").startswith(PREFIX):
        found = subscription_series(world, project.project, wanted, since, until)
        return page_of("timeSeries", found, call, most=1_000) | {"unit": "1"}
    machines = [
        one
        for one in world.of_kind("instances")
        if project is not None
        and one.project == project.project
        and wanted.get("resource.labels.instance_id") == one.body["id"]
    ]
    series = [made for one in machines if (made := _series(one, wanted, since, until, period)) is not None]
    return page_of("timeSeries", series, call, most=1_000) | {"unit": "%"}


def _terms(text: str) -> dict[str, str]:
    parts = [TERM.fullmatch(part.strip()) for part in text.split(" AND ")]
    if not all(parts):
        raise invalid(f"The provided filter is not understood: '{text[:200]}'")
    return {part[1]: part[2] for part in parts if part}


def _time(call: Call, which: str) -> datetime:
    return datetime.fromisoformat(call[f"interval.{which}"])


def _series(machine: Resource, wanted: Json, since: datetime, until: datetime, period: timedelta) -> Json | None:
    """What was measured of a machine, newest first, as the API gives it."""
    metric, kept = wanted.get("metric.type", ""), machine.hidden.get("memory", [])
    if metric == AGENT and wanted.get("metric.labels.state") == "used" and not machine.hidden.get("no_agent"):
        labels, key, scale = {"state": "used"}, "doubleValue", 1.0
    elif metric.startswith(BALLOON) and "/e2-" in machine.body["machineType"]:
        labels, key, scale = {}, "int64Value", SIZE / 100
    else:
        return None
    points = []
    for at, percent in _sampled(kept, since, until, period):
        value = percent * scale if metric != f"{BALLOON}size" else SIZE
        shown = value if key == "doubleValue" else str(int(value))
        points.append({"interval": {"startTime": stamp(at), "endTime": stamp(at)}, "value": {key: shown}})
    if not points:
        return None
    zone = machine.name.split("/zones/")[1].partition("/")[0]
    where = {"project_id": machine.project, "zone": zone, "instance_id": machine.body["id"]}
    return {
        "metric": {"type": metric, "labels": labels},
        "resource": {"type": "gce_instance", "labels": where},
        "metricKind": "GAUGE",
        "valueType": "DOUBLE" if key == "doubleValue" else "INT64",
        "points": points[::-1],
    }


def _sampled(
    kept: list[tuple[datetime, float]], since: datetime, until: datetime, period: timedelta
) -> Iterator[tuple[datetime, float]]:
    """One sample a period, by the straight lines between what was said."""
    at = since + period
    while at <= until:
        for (start, low), (end, high) in pairwise(kept):
            if start <= at <= end:
                yield at, low + (high - low) * ((at - start) / (end - start) if end > start else 0)
                break
        at += period


DOORS = [
    Door(
        id="monitoring.projects.timeSeries.list",
        rpc="google.monitoring.v3.MetricService.ListTimeSeries",
        permission="monitoring.timeSeries.list",
        on=_project,
        answer=_list,
        kind=Kind.DATA_READ,
        title=TITLE,
    )
]
