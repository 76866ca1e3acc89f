"""Whether an API is on, read through Google's own client."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, refused
from worlds import Cloud

from sandbox.faults import FaultKind
from sandbox.world import CRM
from shared.adapters.service_usage import service_is_on
from shared.errors import LookFailed, NotAllowedToLook

PUBSUB = "pubsub.googleapis.com"


@pytest.mark.parametrize("project", ["projects/acme-web", "projects/111111111111"])
def test_an_api_is_on_or_off_in_a_project_by_id_or_number(cloud: Cloud, project: str) -> None:
    cloud.world.resources[f"{CRM}/projects/acme-web"].hidden["off"] = [PUBSUB]
    assert service_is_on(cloud.clients(), project, PUBSUB) is False
    assert service_is_on(cloud.clients(), project, "storage.googleapis.com") is True
    assert service_is_on(cloud.clients(), "projects/acme-data", PUBSUB) is True


def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud) -> None:
    found = refused(
        cloud, "serviceusage.services.get", lambda: service_is_on(cloud.clients(), "projects/acme-web", PUBSUB)
    )
    assert (found.permission, found.on) == ("serviceusage.services.get", f"projects/acme-web/services/{PUBSUB}")


@pytest.mark.parametrize(
    ("project", "service"), [("projects/nobody", PUBSUB), ("projects/acme-web", "no.googleapis.com")]
)
def test_what_does_not_exist_looks_like_what_we_may_not_see(cloud: Cloud, project: str, service: str) -> None:
    with pytest.raises(NotAllowedToLook):
        service_is_on(cloud.clients(), project, service)


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    fails(
        cloud, "serviceusage.services.get", fault, lambda: service_is_on(cloud.clients(), "projects/acme-web", PUBSUB)
    )


@pytest.mark.parametrize(
    ("project", "service"),
    [
        ("projects/acme-web", "../../storage.googleapis.com"),
        ("projects/acme-web", "storage.googleapis.com?x=1"),
        ("projects/acme-web", "storage.googleapis.com:enable"),
        ("projects/acme-web", ""),
        ("projects/acme-web", "störage.googleapis.com"),
        ("projects/acme-web", "a..b"),
        ("projects/acme-web/services/x", PUBSUB),
        ("folders/1001", PUBSUB),
        ("projects/", PUBSUB),
        ("projects/a?b", PUBSUB),
    ],
)
def test_no_question_is_built_of_a_name_that_nothing_can_have(cloud: Cloud, project: str, service: str) -> None:
    with pytest.raises(LookFailed, match="no project and API have such names"):
        service_is_on(cloud.clients(), project, service)
    assert cloud.world.calls == []
