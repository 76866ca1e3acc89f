"""Cloud Monitoring: how full the memory of a machine was, by its agent, or for E2 by the host.

Of the agent the metric is `agent.googleapis.com/memory/percent_used`; hosts of E2 machines know what the guest gave
back, `compute.googleapis.com/instance/memory/balloon/*`. The client speaks gRPC only.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from shared.adapters.asking import asking, limits
from shared.adapters.log_filter import equals
from shared.adapters.pages import every_page
from shared.errors import LookFailed
from shared.machines.sizes import series_of
from shared.model.machine import Machine
from shared.model.memory import Filled, MemoryUse
from shared.model.names import is_target

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

WHAT, PERMISSION = "read the memory metric", "monitoring.timeSeries.list"
AGENT = "agent.googleapis.com/memory/percent_used"
BALLOON = "compute.googleapis.com/instance/memory/balloon"
EVERY_SECONDS = 300
WHOLE = 100.0
SLACK = 1.0
"""By how much a measured share may exceed the whole; what is further off makes no sense."""


def memory_use(clients: GoogleClients, machine: Machine, since: datetime, until: datetime) -> MemoryUse:
    """How full a machine's memory was between two times: the highest share of every five minutes.

    Nothing where nothing has measured it: no agent, or one that may not write metrics.

    Raises:
        NotAllowedToLook: `monitoring.timeSeries.list` is missing.
        LookFailed: no usable answer.
    """
    owner = f"projects/{machine.project}"
    if not (machine.id.isascii() and machine.id.isdecimal() and is_target(machine.full_name)):
        raise LookFailed(WHAT, machine.full_name[:200], "no machine has such a name and number")
    used = f"{equals('metric.type', AGENT)} AND {equals('metric.labels.state', 'used')}"
    with asking(WHAT, owner, PERMISSION):
        shares = dict(_samples(clients, machine, used, since, until))
        by = AGENT
        if not shares and series_of(machine.machine_type) == "e2":
            shares, by = _of_balloon(clients, machine, since, until), f"{BALLOON}/ram_used"
        filled = tuple(Filled(at, _share(percent)) for at, percent in sorted(shares.items()))
    return MemoryUse(by=by, filled=filled) if filled else MemoryUse()


def _of_balloon(clients: GoogleClients, machine: Machine, since: datetime, until: datetime) -> dict[datetime, float]:
    """The share that the guest uses of what its host lets it have."""
    used, size = (
        dict(_samples(clients, machine, equals("metric.type", f"{BALLOON}/{one}"), since, until))
        for one in ("ram_used", "ram_size")
    )
    return {at: WHOLE * bytes_used / size[at] for at, bytes_used in used.items() if size.get(at)}


def _samples(
    clients: GoogleClients, machine: Machine, metric: str, since: datetime, until: datetime
) -> Iterator[tuple[datetime, float]]:
    """The highest value of every five minutes; of several series at one time the highest."""
    from google.cloud.monitoring_v3.types import Aggregation, ListTimeSeriesRequest

    request = ListTimeSeriesRequest(
        name=f"projects/{machine.project}",
        filter=f"{metric} AND {equals('resource.type', 'gce_instance')}"
        f" AND {equals('resource.labels.instance_id', machine.id)}",
        interval={"start_time": since, "end_time": until},
        aggregation={
            "alignment_period": {"seconds": EVERY_SECONDS},
            "per_series_aligner": Aggregation.Aligner.ALIGN_MAX,
        },
    )
    found: dict[datetime, float] = {}
    for page in every_page(clients.metrics.list_time_series(request=request, **limits()), WHAT, machine.full_name):
        if page.execution_errors:
            raise LookFailed(WHAT, machine.full_name, "only a part of the metric could be read")
        for series in page.time_series:
            _check_is_of(machine, series)
            for point in series.points:
                at, value = _time(point.interval.end_time), _number(point.value)
                found[at] = max(found.get(at, value), value)
    yield from found.items()


def _check_is_of(machine: Machine, series: Any) -> None:
    if series.resource.labels.get("instance_id") != machine.id:
        raise ValueError("a series of another machine")


def _time(at: Any) -> datetime:
    if at is None:
        raise ValueError("a sample without a time")
    return datetime.fromtimestamp(at.timestamp(), UTC)


def _number(value: Any) -> float:
    """A sample as a number, whichever kind the metric has."""
    kind = type(value).pb(value).WhichOneof("value")
    if kind not in ("double_value", "int64_value"):
        raise ValueError("a sample that is no number")
    return float(getattr(value, kind))


def _share(percent: float) -> float:
    if not isfinite(percent) or not 0 <= percent <= WHOLE + SLACK:
        raise ValueError("a share that is none")
    return min(percent, WHOLE)
