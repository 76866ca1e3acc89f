"""What Cloud Monitoring measures of a subscription: `hidden["measured"]` has (time, last word of the metric, count)."""

from __future__ import annotations

from datetime import datetime

from sandbox.clock import stamp
from sandbox.world import Json, World

PREFIX = "pubsub.googleapis.com/subscription/"


def subscription_series(world: World, project: str, wanted: Json, since: datetime, until: datetime) -> list[Json]:
    """The one series of a metric of a subscription, newest first; none where nothing was measured in the time."""
    metric = wanted["metric.type"].removeprefix(PREFIX)
    named = f"//pubsub.googleapis.com/projects/{project}/subscriptions/{wanted.get('resource.labels.subscription_id')}"
    one = world.get(named)
    kept = one.hidden.get("measured", []) if one is not None else []
    points = [
        {"interval": {"startTime": stamp(at), "endTime": stamp(at)}, "value": {"int64Value": str(count)}}
        for at, name, count in kept
        if name == metric and since <= at <= until
    ]
    if one is None or not points:
        return []
    label = (
        {"response_class": wanted["metric.labels.response_class"]} if "metric.labels.response_class" in wanted else {}
    )
    where = {"project_id": project, "subscription_id": named.rpartition("/")[2]}
    return [
        {
            "metric": {"type": wanted["metric.type"], "labels": label},
            "resource": {"type": "pubsub_subscription", "labels": where},
            "metricKind": "GAUGE",
            "valueType": "INT64",
            "points": points[::-1],
        }
    ]
