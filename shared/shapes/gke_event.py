"""Kubernetes events of GKE pods and nodes: image pulls refused by the registry, and other warnings."""

from __future__ import annotations

from shared.model.denial import GOOGLE, Denial
from shared.model.log_entry import LogEntry
from shared.renderings.refusal import from_words
from shared.shapes import Shape

RESOURCES = ("k8s_pod", "k8s_node", "k8s_cluster", "k8s_container")


def _claims(entry: LogEntry) -> bool:
    payload = entry.json_payload or {}
    return payload.get("kind") == "Event" and (entry.log_id == "events" or entry.resource_type in RESOURCES)


def _read(entry: LogEntry) -> Denial:
    payload = entry.json_payload or {}
    words = {key: payload[key] for key in ("reason", "message") if isinstance(payload.get(key), str)}
    return from_words(entry, GOOGLE, words)


SHAPE = Shape(id="gke_event", payloads=("json",), order=43, claims=_claims, read=_read)
