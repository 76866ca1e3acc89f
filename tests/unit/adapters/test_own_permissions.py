"""What our own identity may do on a resource: asked of every type whose policy is written here, and never guessed."""

from __future__ import annotations

import pytest
from edits import ON
from holders import HELD, PROJECT
from worlds import Cloud

from sandbox.world import CRM
from shared.adapters.google_sight import GoogleSight
from shared.errors import LookFailed

ASKABLE = [one for one in HELD if one != "dataset"]
WANTED = ("getIamPolicy", "setIamPolicy")


@pytest.mark.parametrize("kind", ASKABLE)
def test_what_we_may_is_told_by_its_bare_verb(cloud: Cloud, kind: str) -> None:
    name = HELD[kind].make(cloud.world)
    assert GoogleSight(cloud.clients()).held(name, WANTED) == frozenset(WANTED)


@pytest.mark.parametrize("kind", ASKABLE)
def test_what_we_lack_is_not_among_it(cloud: Cloud, kind: str) -> None:
    name = HELD[kind].make(cloud.world)
    cloud.world.reader_cannot.append("*.setIamPolicy")
    assert GoogleSight(cloud.clients()).held(name, WANTED) == {"getIamPolicy"}


def test_a_whole_permission_is_asked_for_as_it_is(cloud: Cloud) -> None:
    sight = GoogleSight(cloud.clients())
    enable = ("serviceusage.services.enable",)
    assert sight.held(f"{CRM}/projects/{PROJECT}", enable) == frozenset(enable)
    cloud.world.reader_cannot.append("serviceusage.*")
    assert sight.held(f"{CRM}/projects/{PROJECT}", enable) == frozenset()


def test_an_account_is_asked_about_by_its_address_alone(cloud: Cloud) -> None:
    name = HELD["service account"].make(cloud.world)
    wild = name.replace(f"/projects/{PROJECT}/", "/projects/-/")
    assert GoogleSight(cloud.clients()).held(wild, ("actAs",)) == {"actAs"}
    cloud.world.reader_cannot.append("iam.serviceAccounts.actAs")
    assert GoogleSight(cloud.clients()).held(wild, ("actAs",)) == frozenset()


@pytest.mark.parametrize("name", [HELD["dataset"].make, lambda _: ON])
def test_where_google_does_not_answer_that_it_could_not_be_told(cloud: Cloud, name: object) -> None:
    assert callable(name)
    with pytest.raises(LookFailed):
        GoogleSight(cloud.clients()).held(name(cloud.world), WANTED)
