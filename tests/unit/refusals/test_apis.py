"""What keeps an API from being switched on, or off again: each refusal with the sentence that a person reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from entries import error_info, text
from explained import explain
from fakes.workshop import Bench

from shared.errors import NotAllowedToLook
from shared.execution.fold import Fix
from shared.grants.apis import BRINGS_ALONG
from shared.model.effect import DisableApi, EnableApi
from shared.model.journal import Outcome
from shared.model.work import Disable, Enable
from shared.moves import MOVES

RUN, IAM = "run.googleapis.com", "iam.googleapis.com"
WORK = Enable(project="projects/p", service=RUN)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.services["projects/p"] = {"storage.googleapis.com"}
    return bench


def ended(bench: Bench, work: Enable | Disable = WORK, **opened: Any) -> Fix:
    return bench.run(bench.open(work, **opened))


def off(consumer: str, service: str = RUN) -> Any:
    details = [error_info("SERVICE_DISABLED", service=service, consumer=consumer)]
    return explain({"error": {"code": 403, "message": "it is disabled", "details": details}})


# planning


@pytest.mark.parametrize("consumer", ["projects/32555940559", "projects/764086051850", "projects/618104708054"])
def test_the_project_of_googles_own_clients_is_never_a_target(consumer: str) -> None:
    told = off(consumer)
    assert told.cause == "api.adc_quota_project"
    assert [one.changes for one in told.plan] == [False]


@pytest.mark.parametrize("consumer", ["folders/7", "organizations/1", "projects/", "projects/A_B", ""])
def test_a_consumer_that_is_not_one_project_is_advice(consumer: str) -> None:
    (step,) = off(consumer).plan
    assert (step.changes, step.why.startswith("The entry does not name the consumer project.")) == (False, True)


def test_a_text_without_the_api_s_name_is_advice() -> None:
    (step,) = explain(text("API has not been used in project 4711 before or it is disabled")).plan
    assert (step.changes, step.why.startswith("The entry does not name the API.")) == (False, True)


@pytest.mark.hazard("H42")
@pytest.mark.parametrize("service", [*sorted(BRINGS_ALONG), RUN])
def test_no_api_is_switched_on_without_two_people(service: str) -> None:
    (step,) = off("projects/4711", service).plan
    assert (step.action, step.tier) == ("enable_api", "T2")


@pytest.mark.hazard("H42")
@pytest.mark.parametrize("service", sorted(BRINGS_ALONG))
def test_whoever_agrees_to_an_api_that_brings_an_account_along_is_told(service: str) -> None:
    assert off("projects/4711", service).plan[0].why.endswith(f"before you agree: {BRINGS_ALONG[service]}")
    assert "before you agree" not in off("projects/4711", RUN).plan[0].why


# switching on


def test_an_api_that_is_on_is_left_on_and_owned_by_nobody_here(bench: Bench) -> None:
    bench.google.services["projects/p"].add(RUN)
    fix = ended(bench)
    assert (fix.outcome, bench.google.asked) == (Outcome.NOTHING, [])
    assert fix.steps[0].why == f"{RUN} is on in projects/p already"
    assert MOVES[Enable].inverse(WORK, fix.steps[0]) is None


def test_a_project_that_is_being_deleted_gets_nothing(bench: Bench) -> None:
    bench.google.inactive.add("projects/p")
    fix = ended(bench)
    assert (fix.outcome, fix.why, bench.google.asked) == (Outcome.REFUSED, "projects/p is not active", [])


@pytest.mark.parametrize("question", ["project", "enabled_services"])
def test_in_a_project_that_we_cannot_see_nothing_is_switched_on(bench: Bench, question: str) -> None:
    bench.google.blind[question] = NotAllowedToLook("resourcemanager.projects.get", "projects/p", "refused")
    fix = ended(bench)
    assert (fix.outcome, bench.google.asked) == (Outcome.REFUSED, [])
    assert fix.why.startswith("not allowed to look: resourcemanager.projects.get is missing on projects/p")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "UREQ_PROJECT_BILLING_NOT_FOUND",
            "the API needs a billing account, and linking one is for its administrator",
        ),
        ("UREQ_TOS_NOT_ACCEPTED", "somebody has to accept the API's terms in the console first"),
        (
            "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED",
            "there is no such API, or it is only for those whom its owner lets in",
        ),
        (
            "RESOURCE_USAGE_RESTRICTION_VIOLATED",
            "an organisation policy keeps this API off, and nothing here will propose to weaken it",
        ),
        ("AUTH_PERMISSION_DENIED", "Google refused to switch it on"),
    ],
)
def test_what_google_refuses_is_told_with_whom_it_concerns(bench: Bench, code: str, said: str) -> None:
    bench.google.faults["EnableApi"] = [code]
    fix = ended(bench)
    assert (fix.outcome, fix.why) == (Outcome.REFUSED, f"{said}: the test says so")
    assert MOVES[Enable].inverse(WORK, fix.steps[0]) is None


def test_an_api_that_does_not_come_on_in_ten_minutes_is_given_up_and_told(bench: Bench) -> None:
    bench.google.never_on.add(RUN)
    fix = ended(bench)
    assert fix.outcome is Outcome.FAILED
    assert fix.why == f"{RUN} was not on in projects/p ten minutes after it was switched on"


# and off again


def undoing(bench: Bench, age: timedelta = timedelta(), *services: str) -> Disable:
    return Disable(project="projects/p", services=services or (RUN,), enabled_at=bench.clock.now() - age)


def test_what_was_switched_on_more_than_a_day_ago_stays_on(bench: Bench) -> None:
    bench.google.services["projects/p"].add(RUN)
    fix = ended(bench, undoing(bench, timedelta(hours=24, seconds=1)))
    assert (fix.outcome, bench.google.asked) == (Outcome.REFUSED, [])
    assert fix.why == "it was switched on more than a day ago: others may rely on it by now"


def test_what_is_in_use_or_needed_stays_on_and_the_rest_is_not_touched(bench: Bench) -> None:
    bench.google.services["projects/p"] |= {RUN, IAM}
    bench.google.faults["DisableApi"] = ["COMMON_SU_SERVICE_HAS_USAGE"]
    fix = ended(bench, undoing(bench, timedelta(), RUN, IAM))
    assert (fix.outcome, [type(one) for one in bench.google.asked]) == (Outcome.REFUSED, [DisableApi])
    assert fix.why == "Google refused to switch it off, so it is in use or something depends on it: the test says so"


def test_only_what_came_on_by_us_goes_off_and_the_api_itself_first(bench: Bench) -> None:
    bench.google.depends[RUN] = {IAM, "storage.googleapis.com"}
    fix = ended(bench)
    back = MOVES[Enable].inverse(WORK, fix.steps[0])
    assert isinstance(back, Disable)
    assert back.services == (RUN, IAM)
    ended(bench, back, undo_of=fix.id)
    assert bench.google.services["projects/p"] == {"storage.googleapis.com"}
    assert [type(one) for one in bench.google.done] == [EnableApi, DisableApi, DisableApi]
