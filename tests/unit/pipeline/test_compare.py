"""Each change has two halves: an effect in the journal, and a call in Google's log; what has only one is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes import FakeClock
from msgspec.structs import replace

from shared.execution.watchdog import WATCHDOG
from shared.model.effect import (
    AddBinding,
    Before,
    DisableApi,
    Effect,
    EnableApi,
    Receipt,
    RemoveBinding,
    ResetMachine,
    Result,
    SetAccess,
    SetSize,
    StartMachine,
    StopMachine,
)
from shared.model.facts import Change
from shared.model.journal import Body, Closed, Intended, Line, Opened, Outcome, Received, Seen
from shared.model.names import Role
from shared.model.work import MachineName
from shared.pipeline.compare import AROUND, IN_A_MOMENT, Difference, Log, Span, What, compare, effects_of

pytestmark = pytest.mark.invariant("I28")
NOW = FakeClock().now()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SPAN = Span(since=NOW - HOUR, until=NOW + 23 * HOUR)
FIXER = "fixer@unforbid.iam.gserviceaccount.com"
TOPIC = "//pubsub.googleapis.com/projects/acme-web/topics/t"
ROLE, ANN = Role("roles/pubsub.publisher"), "user:ann@example.com"
MACHINE = MachineName(project="acme-web", zone="europe-west1-b", name="web-1", id="55")
ADD = AddBinding(resource=TOPIC, role=ROLE, member=ANN)
STOP, START = StopMachine(machine=MACHINE, request="1"), StartMachine(machine=MACHINE, request="2")
ON = EnableApi(project="projects/acme-web", service="run.googleapis.com")
API, WEB = "//serviceusage.googleapis.com/projects/111/services/run.googleapis.com", MACHINE.full_name
USAGE, VM = "google.api.serviceusage.v1.ServiceUsage", "v1.compute.instances"
CARRIED_OUT: list[tuple[Effect, str, str]] = [
    (ADD, "google.iam.v1.IAMPolicy.SetIamPolicy", TOPIC),
    (ADD, "google.pubsub.v1.Publisher.SetIamPolicy", TOPIC.replace("acme-web", "111")),
    (RemoveBinding(resource=TOPIC, role=ROLE, member=ANN), "SetIamPolicy", TOPIC),
    (
        AddBinding(resource="//storage.googleapis.com/projects/_/buckets/b", role=ROLE, member=ANN),
        "storage.setIamPermissions",
        "//storage.googleapis.com/projects/_/buckets/b",
    ),
    (
        AddBinding(resource="//bigquery.googleapis.com/projects/acme-web/datasets/d", role=ROLE, member=ANN),
        "google.cloud.bigquery.v2.DatasetService.PatchDataset",
        "//bigquery.googleapis.com/projects/acme-web/datasets/d",
    ),
    (ON, f"{USAGE}.EnableService", API),
    (DisableApi(project=ON.project, service=ON.service), f"{USAGE}.DisableService", API),
    (STOP, f"{VM}.stop", WEB),
    (STOP, f"{VM}.stop", WEB.replace("web-1", "55")),
    (START, "beta.compute.instances.start", WEB),
    (ResetMachine(machine=MACHINE, request="3"), f"{VM}.reset", WEB),
    (SetAccess(machine=MACHINE, account=None, scopes=(), request="4"), f"{VM}.setServiceAccount", WEB),
    (SetSize(machine=MACHINE, machine_type="e2-medium", request="5"), f"{VM}.setMachineType", WEB),
]


def journal(*bodies: Body | tuple[timedelta, Body], fix: str = "f-1", plan_hash: str = "h") -> list[Line]:
    """The lines of a fix; a body with a time comes so long after the opening, one without a minute."""
    timed = [(timedelta(), Opened(run="r-1", plan_hash=plan_hash))]
    timed += [one if isinstance(one, tuple) else (MINUTE, one) for one in bodies]  # type: ignore[misc]
    return [Line(fix=fix, number=at, at=NOW + when, generation=1, body=body) for at, (when, body) in enumerate(timed)]


def intended(effect: Effect) -> Intended:
    return Intended(step=0, effect=effect, before=Before(), then="SET")


def received(result: Result = Result.CHANGED) -> Received:
    return Received(step=0, receipt=Receipt(result=result), state="SET", deadline=NOW, due=NOW)


def call(**more: Any) -> Change:
    told = {"at": NOW + MINUTE, "method": "SetIamPolicy", "by": FIXER, "resource": TOPIC, "reason": "r-1/h"}
    return Change(**{**told, **more})


def differences(lines: list[Line], *calls: Change, project: str = "acme-web") -> list[Difference]:
    effects = [replace(one, project="acme-web") for one in effects_of(lines)]
    return list(compare(effects, [Log(project=project, calls=calls)], SPAN))


def whats(found: list[Difference]) -> list[What]:
    return [one.what for one in found]


@pytest.mark.parametrize(("effect", "method", "resource"), CARRIED_OUT)
@pytest.mark.parametrize("result", [Result.CHANGED, Result.STARTED])
def test_an_effect_and_the_call_that_carried_it_out_agree(
    effect: Effect, method: str, resource: str, result: Result
) -> None:
    assert differences(journal(intended(effect), received(result)), call(method=method, resource=resource)) == []


@pytest.mark.parametrize("result", [*Result, None])
def test_a_call_is_explained_by_its_intent_whatever_came_of_it(result: Result | None) -> None:
    lines = journal(intended(ADD), *([received(result)] if result else []))
    assert differences(lines, call()) == []
    assert differences(lines, call(), call(at=NOW + 2 * MINUTE)) == []


@pytest.mark.parametrize("result", [Result.ALREADY, Result.REFUSED, Result.UNKNOWN, None])
def test_what_may_have_changed_nothing_needs_no_call(result: Result | None) -> None:
    assert differences(journal(intended(ADD), *([received(result)] if result else []))) == []


@pytest.mark.parametrize("result", [Result.CHANGED, Result.STARTED])
def test_a_change_that_google_has_no_call_for_is_told(result: Result) -> None:
    (found,) = differences(journal(intended(ADD), received(result)))
    assert (found.what, found.at) == (What.UNLOGGED, NOW + MINUTE)
    assert f"f-1 says that its add_binding on {TOPIC} in acme-web was done by 2026-11-21 " in found.said


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"reason": "", "resource": TOPIC.replace("topics/t", "topics/u")}, "it gave no reason"),
        ({"reason": "r-9/h"}, "its reason r-9/h is that of no fix with an effect there"),
        ({"reason": "r-1/g"}, "its reason r-1/g is that of no fix with an effect there"),
        ({"method": "google.iam.admin.v1.CreateServiceAccountKey"}, "r-1/h is that of f-1, which did not do this then"),
        ({"resource": TOPIC.replace("topics/t", "topics/u")}, "which did not do this then"),
        ({"resource": TOPIC.replace("topics/", "subscriptions/")}, "which did not do this then"),
        ({"resource": TOPIC.replace("pubsub", "cloudresourcemanager")}, "which did not do this then"),
        ({"resource": "//cloudresourcemanager.googleapis.com/projects/acme-web"}, "which did not do this then"),
        ({"at": NOW + 2 * MINUTE + AROUND}, "which did not do this then"),
        ({"at": NOW - AROUND}, "which did not do this then"),
        ({"added": (f"roles/owner {ANN}",)}, "which did not do this then"),
        ({"added": (f"{ROLE} {ANN}", "roles/owner user:eve@example.com")}, "which did not do this then"),
        ({"added": (f"{ROLE} {ANN}",), "removed": ("roles/owner user:bob@example.com",)}, "did not do this then"),
        ({"removed": (f"{ROLE} {ANN}",)}, "which did not do this then"),
    ],
)
def test_a_call_that_no_effect_accounts_for_is_told_and_so_is_the_effect(other: dict[str, Any], why: str) -> None:
    found = differences(journal(intended(ADD), received()), call(**other))
    assert sorted(whats(found)) == [What.UNJOURNALED, What.UNLOGGED]
    (said,) = [one.said for one in found if one.what is What.UNJOURNALED]
    assert said.startswith(f"{FIXER} called ")
    assert why in said
    assert whats(differences(journal(intended(ADD), received()), call(), call(**other))) == [What.UNJOURNALED]


def test_a_call_that_took_more_or_gave_something_does_not_take_back() -> None:
    lines = journal(intended(RemoveBinding(resource=TOPIC, role=ROLE, member=ANN)), received())
    taken = (f"{ROLE} {ANN}",)
    assert differences(lines, call(removed=taken)) == []
    for more in ({"added": ("roles/owner user:eve@example.com",)}, {"removed": (*taken, f"roles/owner {ANN}")}):
        found = differences(lines, call(**{"removed": taken, **more}))
        assert sorted(whats(found)) == [What.UNJOURNALED, What.UNLOGGED]


def test_what_the_call_added_may_be_spelt_in_other_letters() -> None:
    assert differences(journal(intended(ADD), received()), call(added=(f"{ROLE} user:Ann@Example.com",))) == []


def test_a_machine_of_the_same_name_elsewhere_is_another_one() -> None:
    lines = journal(intended(STOP), received(Result.STARTED))
    elsewhere = call(method=f"{VM}.stop", resource=WEB.replace("europe-west1-b", "europe-west1-c"))
    assert sorted(whats(differences(lines, elsewhere))) == [What.UNJOURNALED, What.UNLOGGED]


def test_a_copied_reason_is_no_excuse_in_another_project() -> None:
    found = differences(journal(intended(STOP), received()), call(method=f"{VM}.stop", resource=WEB), project="other")
    assert whats(found) == [What.UNJOURNALED]


def test_an_effect_whose_project_could_not_be_told_accounts_for_its_call_and_is_missed_nowhere() -> None:
    effects = effects_of(journal(intended(ADD), received()))
    assert compare(effects, [Log(project="acme-web", calls=(call(),))], SPAN) == ()
    assert compare(effects, [Log(project="acme-web", calls=())], SPAN) == ()


def test_each_span_tells_its_own_and_what_lies_at_its_end_belongs_to_the_next() -> None:
    lines = journal(intended(ADD), received())
    effects = effects_of(lines)
    at = NOW + MINUTE
    before, after = Span(since=at - HOUR, until=at), Span(since=at, until=at + HOUR)
    stray = Log(project="acme-web", calls=(call(reason="r-9/h"),))
    assert compare(effects, [stray], before) == ()
    assert len(compare(effects, [stray], after)) == 1


def test_a_call_for_which_a_service_kept_no_reason_is_an_effects_that_has_no_other_call() -> None:
    lines = journal(intended(ADD), received())
    assert differences(lines, call(reason="")) == []
    (stolen,) = differences(lines, call(), call(reason=""))
    assert (stolen.what, "it gave no reason" in stolen.said) == (What.UNJOURNALED, True)


def test_what_a_person_carried_out_with_an_account_of_their_own_has_its_call_too() -> None:
    effects = effects_of(journal(intended(ADD), received()))
    effects = tuple(replace(one, project="acme-web") for one in effects)
    by_ann = call(by="ann@example.com")
    assert compare(effects, [Log(project="acme-web", calls=(), others=(by_ann,))], SPAN) == ()
    forged = call(by="eve@example.com", reason="r-9/h")
    assert whats(compare(effects, [Log(project="acme-web", calls=(), others=(forged,))], SPAN)) == [What.UNLOGGED]


def test_a_call_before_the_span_still_proves_an_effect_that_ended_in_it() -> None:
    effects = effects_of(journal(intended(ADD), (3 * MINUTE, received())))
    span = Span(since=NOW + 2 * MINUTE, until=NOW + HOUR)
    assert compare(effects, [Log(project="acme-web", calls=(call(),))], span) == ()


def test_an_effect_without_an_answer_is_under_way_until_its_step_is_over() -> None:
    late = call(at=NOW + HOUR)
    assert differences(journal(intended(ADD)), late) == []
    over = Closed(step=0, outcome=Outcome.FAILED, why="", due=NOW)
    assert whats(differences(journal(intended(ADD), over), late)) == [What.UNJOURNALED]


def test_the_watchdog_may_have_started_a_machine_that_the_fix_stopped() -> None:
    noted = Seen(step=0, what=WATCHDOG, value="starts web-1")
    lines = journal(intended(STOP), received(Result.STARTED), (HOUR, noted), (2 * HOUR, noted))
    stop = call(method=f"{VM}.stop", resource=WEB)
    starts = [call(method=f"{VM}.start", resource=WEB, at=NOW + at) for at in (HOUR, 2 * HOUR)]
    assert differences(lines, stop) == []
    assert differences(lines, stop, *starts) == []
    late = call(method=f"{VM}.start", resource=WEB, at=NOW + 2 * HOUR + IN_A_MOMENT + AROUND + MINUTE)
    assert whats(differences(lines, stop, *starts, late)) == [What.UNJOURNALED]


def test_a_journal_without_an_opening_says_nothing() -> None:
    with pytest.raises(ValueError, match="the journal of f-1 does not begin with its opening"):
        effects_of(journal(intended(ADD))[1:])
