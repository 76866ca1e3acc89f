"""One question each about a part of a deployment: its sink, subscriptions, secrets, databases, metrics, archive."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from shared.adapters.asking import asking, limits
from shared.adapters.firestore_database import EXPIRES
from shared.adapters.iam_roles import role
from shared.adapters.log_filter import equals
from shared.adapters.pages import every_page
from shared.errors import LookFailed, NotFound
from shared.model.deployment import Place, Sink, Subscription
from shared.model.names import Role

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

LATELY, A_WHILE = timedelta(days=7), timedelta(minutes=30)
"""How far back the last delivery is looked for; how old the count of dead letters may be."""
UNDELIVERED = "pubsub.googleapis.com/subscription/num_undelivered_messages"
PUSHED = "pubsub.googleapis.com/subscription/push_request_count"
PACKED = "policy"
HEAD = b"unforbid policy 1 "
SEAL = 64
MOST_BYTES = 50_000_000


def sink(clients: GoogleClients, place: Place) -> Sink:
    """The log sink of what is watched."""
    name = f"{place.watch}/sinks/{place.denials}"
    with asking("read the sink", name, "logging.sinks.get"):
        found = clients.logging_config.get_sink(request={"sink_name": name}, **limits())
        return Sink(
            filter=found.filter,
            destination=found.destination,
            writer=found.writer_identity,
            disabled=found.disabled,
            children=found.include_children,
            exclusions={one.name: one.filter for one in found.exclusions if not one.disabled},
        )


def subscription(clients: GoogleClients, place: Place, name: str) -> Subscription:
    """A subscription of the home project."""
    path = place.subscription(name).removeprefix("//pubsub.googleapis.com/")
    with asking("read the subscription", path, "pubsub.subscriptions.get"):
        found = clients.subscriber.get_subscription(request={"subscription": path}, **limits())
        return Subscription(
            topic=found.topic,
            endpoint=found.push_config.push_endpoint,
            dead_letters=found.dead_letter_policy.dead_letter_topic,
        )


def permissions(clients: GoogleClients, name: str) -> frozenset[str]:
    """What a role holds; a custom role that was deleted holds nothing."""
    try:
        return frozenset(role(clients, Role(name)).permissions)
    except NotFound:
        return frozenset()


def is_usable(clients: GoogleClients, place: Place, secret: str) -> bool:
    """Whether the newest version of a secret can be read; its value is not asked for.

    Raises:
        NotFound: there is no such secret.
    """
    path = place.secret(secret).removeprefix("//secretmanager.googleapis.com/")
    with asking("read the secret", path, "secretmanager.secrets.get"):
        clients.secrets.get_secret(request={"name": path}, **limits())
    try:
        with asking("read the secret's newest version", path, "secretmanager.versions.get"):
            found = clients.secrets.get_secret_version(request={"name": f"{path}/versions/latest"}, **limits())
            return bool(found.state.name == "ENABLED")
    except NotFound:
        return False


def expires(clients: GoogleClients, place: Place, concern: str, group: str) -> bool:
    """Whether a database removes expired documents of a collection."""
    database = f"projects/{place.project}/databases/{place.name}-{concern}"
    name = f"{database}/collectionGroups/{group}/fields/{EXPIRES}"
    with asking("read the field", name, "datastore.schemas.get"):
        found = clients.firestore_admin.get_field(request={"name": name}, **limits())
        return bool("ttl_config" in found and found.ttl_config.state.name in ("ACTIVE", "CREATING"))


def undelivered(clients: GoogleClients, place: Place, now: datetime) -> int:
    """How many messages lie among the dead letters."""
    series = Series(name=place.dead, metric=equals("metric.type", UNDELIVERED), since=now - A_WHILE, until=now)
    found = _samples(clients, place, series)
    if not found:
        why = "Cloud Monitoring has no count of the last half hour; a new subscription is measured after minutes"
        raise LookFailed("count the dead letters", place.dead, why)
    return int(max(found)[1])


def last_delivery(clients: GoogleClients, place: Place, now: datetime) -> datetime | None:
    """When `detect` last took a message; None where it did not within a week."""
    taken = f"{equals('metric.type', PUSHED)} AND {equals('metric.labels.response_class', 'ack')}"
    series = Series(name=place.denials, metric=taken, since=now - LATELY, until=now)
    return max((at for at, count in _samples(clients, place, series) if count > 0), default=None)


class Series(Struct, frozen=True, kw_only=True):
    """A metric of a subscription, as a filter says it, between two times."""

    name: str
    metric: str
    since: datetime
    until: datetime


def _samples(clients: GoogleClients, place: Place, series: Series) -> list[tuple[datetime, float]]:
    """Every sample of a subscription's metric."""
    from google.cloud.monitoring_v3.types import ListTimeSeriesRequest

    what = "read the metric"
    request = ListTimeSeriesRequest(
        name=f"projects/{place.project}",
        filter=f"{series.metric} AND {equals('resource.type', 'pubsub_subscription')}"
        f" AND {equals('resource.labels.subscription_id', series.name)}",
        interval={"start_time": series.since, "end_time": series.until},
    )
    with asking(what, series.name, "monitoring.timeSeries.list"):
        pager = clients.metrics.list_time_series(request=request, **limits())
        found = [one for page in every_page(pager, what, series.name) for one in page.time_series]
        points = [point for one in found for point in one.points]
        return [(datetime.fromtimestamp(one.interval.end_time.timestamp(), UTC), _number(one)) for one in points]


def _number(point: Any) -> float:
    value = type(point.value).pb(point.value)
    kind = value.WhichOneof("value")
    if kind not in ("double_value", "int64_value"):
        raise ValueError("a sample that is no number")
    return float(getattr(value, kind))


def packed_seal(clients: GoogleClients, place: Place) -> str:
    """The seal of the policy in the newest archive of `detect`.

    Raises:
        NotFound: there is no archive, or no policy in it.
    """
    bucket = f"{place.project}-{place.name}-source"
    with asking("list the archives", bucket, "storage.objects.list"):
        found = list(clients.storage.list_blobs(bucket, prefix="detect/", max_results=100, **limits()))
    if not found:
        raise NotFound(f"there is no archive of detect in {bucket}")
    newest = max(found, key=lambda one: (one.time_created, one.name))
    if (newest.size or 0) > MOST_BYTES:
        raise LookFailed("read the archive", newest.name, f"it has {newest.size} bytes")
    with asking("read the archive", newest.name, "storage.objects.get"):
        data = newest.download_as_bytes(**limits())
    return _seal_in(newest.name, data)


def _seal_in(name: str, data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(PACKED) as packed:
            head = packed.readline(len(HEAD) + SEAL + 1)
    except (zipfile.BadZipFile, KeyError) as error:
        raise NotFound(f"there is no policy in the archive {name}") from error
    seal = head.removeprefix(HEAD).strip().decode("ascii", "replace")
    if not head.startswith(HEAD) or len(seal) != SEAL:
        raise NotFound(f"the policy in the archive {name} is of no version that is known here")
    return seal
