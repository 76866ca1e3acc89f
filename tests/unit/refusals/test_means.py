"""What our own identity may not do is told before anybody approves it, and before a machine is stopped for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.workshop import NAME, Bench
from msgspec.structs import replace

from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.model.journal import Outcome
from shared.model.machine import PLATFORM
from shared.model.names import Role
from shared.model.work import Access, Disable, Enable, Grant, Recover, Revoke, Work
from shared.moves.means import hindrance, lacking

TOPIC, PROJECT = "//pubsub.googleapis.com/projects/p/topics/t", "//cloudresourcemanager.googleapis.com/projects/p"
APP = "app@acme-shop.iam.gserviceaccount.com"
ACCOUNT = f"//iam.googleapis.com/projects/-/serviceAccounts/{APP}"
NOW = Bench().clock.now()
PUBLISHER, EVE = Role("roles/pubsub.publisher"), "user:eve@example.com"
GRANT = Grant(resource=TOPIC, role=PUBLISHER, member=EVE, until=NOW + timedelta(hours=1))
ACCESS = Access(machine=NAME, account=APP, scopes=(PLATFORM,))
VM = NAME.full_name


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.add()
    return bench


@pytest.mark.parametrize(
    ("work", "on", "what"),
    [
        (GRANT, TOPIC, "setIamPolicy"),
        (GRANT, TOPIC, "getIamPolicy"),
        (Enable(project="projects/p", service="run.googleapis.com"), PROJECT, "serviceusage.services.enable"),
        (ACCESS, VM, "stop"),
        (ACCESS, VM, "start"),
        (ACCESS, VM, "setServiceAccount"),
        (ACCESS, ACCOUNT, "actAs"),
        (Recover(machine=NAME), VM, "reset"),
        (Recover(machine=NAME, machine_type="n2-standard-8"), VM, "setMachineType"),
        (Recover(machine=NAME, machine_type="n2-standard-8"), VM, "start"),
    ],
)
def test_what_we_lack_for_a_work_is_named_with_the_resource(bench: Bench, work: Work, on: str, what: str) -> None:
    assert lacking(work, bench.google) == ""
    bench.google.lacks.add((on, what))
    assert lacking(work, bench.google) == f"our own identity may not do this: it lacks {what} on {on}"


@pytest.mark.parametrize(
    "work",
    [
        Revoke(resource=TOPIC, role=PUBLISHER, member=EVE),
        Disable(project="projects/p", services=("x.googleapis.com",), enabled_at=NOW),
        Access(machine=NAME, account=None, scopes=()),
    ],
)
def test_what_takes_something_back_is_not_kept_from_it(bench: Bench, work: Work) -> None:
    bench.google.lacks |= {(TOPIC, "setIamPolicy"), (PROJECT, "serviceusage.services.disable"), (ACCOUNT, "actAs")}
    assert lacking(work, bench.google) == ""


@pytest.mark.parametrize(
    "error",
    [LookFailed("ask", TOPIC, "ill"), NotAllowedToLook("x.y.z", TOPIC, "refused"), NotFound("there is no such thing")],
)
def test_where_google_does_not_tell_the_write_itself_is_left_to_be_judged(bench: Bench, error: Any) -> None:
    bench.google.blind["held"] = error
    assert lacking(GRANT, bench.google) == ""


def test_a_machine_that_we_could_not_start_again_is_not_stopped(bench: Bench) -> None:
    bench.google.lacks.add((VM, "start"))
    fix = bench.run(bench.open(ACCESS))
    assert (fix.outcome, bench.google.asked) == (Outcome.REFUSED, [])
    assert fix.why == f"our own identity may not do this: it lacks start on {VM}"


# before anybody is asked


def test_a_grant_that_would_be_refused_is_put_before_nobody(bench: Bench) -> None:
    owner = replace(GRANT, role=Role("roles/owner"))
    assert hindrance(GRANT, bench.google) == ""
    assert (
        hindrance(owner, bench.google)
        == "roles/owner is a basic role, or one of Google's own agents: no machine gives it"
    )


@pytest.mark.parametrize("work", [GRANT, ACCESS])
def test_what_we_may_not_do_is_put_before_nobody(bench: Bench, work: Work) -> None:
    bench.google.lacks |= {(TOPIC, "setIamPolicy"), (VM, "stop")}
    assert "our own identity may not do this" in hindrance(work, bench.google)


@pytest.mark.parametrize(
    "error", [NotAllowedToLook("iam.roles.get", "r", "refused"), NotFound("there is no such role")]
)
def test_a_role_that_cannot_be_read_is_put_before_nobody(bench: Bench, error: Any) -> None:
    bench.google.blind["role"] = error
    assert hindrance(GRANT, bench.google) == str(error)


def test_a_look_that_failed_says_nothing_either_way(bench: Bench) -> None:
    bench.google.blind["role"] = LookFailed("read the role", "r", "it is ill")
    with pytest.raises(LookFailed):
        hindrance(GRANT, bench.google)
