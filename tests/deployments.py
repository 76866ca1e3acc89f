"""A whole deployment in a sandbox for tests, watched by the organisation, and the findings about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from worlds import NOW, Cloud, cloud_of, small_world

from sandbox.deployment import SEAL, Deployed, deploy
from shared.adapters.deployment_facts import read_deployment
from shared.doctor.examine import examine
from shared.doctor.finding import Finding, Severity
from shared.model.deployment import Deployment, Place

PLACE = Place(
    project="acme-unforbid",
    region="europe-west1",
    watch="organizations/123456789012",
    fix_projects=("acme-web",),
    seal=SEAL,
)


@contextmanager
def deployed(*fixes: str, place: Place = PLACE, slack: bool = False) -> Iterator[Cloud]:
    """A sandbox with a deployment that is as it should be."""
    world = small_world()
    deploy(world, Deployed(place=place, fixes=fixes, slack=slack))
    with cloud_of(world) as cloud:
        yield cloud


def read(cloud: Cloud, place: Place = PLACE, token: str = "reader") -> Deployment:
    return read_deployment(cloud.clients(token), place, NOW)


def found(cloud: Cloud, place: Place = PLACE, **more: Any) -> list[Finding]:
    return list(examine(read(cloud, place, **more)))


def of(findings: list[Finding], severity: Severity) -> list[str]:
    return [one.what for one in findings if one.severity is severity]
