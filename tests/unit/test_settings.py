"""Settings are read once, and every problem is told together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.settings import read_settings


@pytest.mark.hazard("H34")
def test_without_a_setting_everything_is_observed_only() -> None:
    settings = read_settings({"PATH": "/bin"})
    assert (settings.gate.enforcing, settings.store, settings.merge_for) == (
        False,
        Path(".unforbid/unforbid.db"),
        timedelta(hours=24),
    )


def test_settings_are_read_from_the_environment() -> None:
    settings = read_settings({"UNFORBID_STORE": "/data/s.db", "UNFORBID_MERGE_HOURS": "2"})
    assert (settings.store, settings.merge_for) == (Path("/data/s.db"), timedelta(hours=2))


def test_every_problem_is_reported_at_once() -> None:
    wrong = {"UNFORBID_MODE": "fix", "UNFORBID_MERGE_HOURS": "0", "UNFORBID_STORE": " ", "UNFORBID_STOER": "x"}
    with pytest.raises(SettingsError) as refused:
        read_settings(wrong)
    assert len(refused.value.problems) == 4
    assert all(name in str(refused.value) for name in wrong)


@pytest.mark.parametrize("hours", ["", "-1", "1.5", "169", "day", "\u0661"])
def test_hours_outside_1_to_168_are_refused(hours: str) -> None:
    with pytest.raises(SettingsError, match="whole number from 1 to 168"):
        read_settings({"UNFORBID_MERGE_HOURS": hours})


PRODUCTION = {
    "UNFORBID_BACKEND": "google",
    "UNFORBID_PROJECT": "acme-unforbid",
    "UNFORBID_QUEUE": "iam=projects/acme-unforbid/locations/europe-west1/queues/fixes",
    "UNFORBID_EXECUTE_URL": "iam=https://execute.example.com/",
    "UNFORBID_INVOKER": "wake@acme-unforbid.iam.gserviceaccount.com",
}


def test_what_is_kept_stays_on_this_machine_unless_google_is_chosen() -> None:
    assert read_settings({}).backend == "sqlite"
    settings = read_settings(PRODUCTION)
    assert (settings.backend, settings.project, settings.database) == ("google", "acme-unforbid", "(default)")
    assert settings.waking.queues == {"iam": "projects/acme-unforbid/locations/europe-west1/queues/fixes"}
    assert settings.waking.urls == {"iam": "https://execute.example.com/"}
    assert settings.waking.invoker == PRODUCTION["UNFORBID_INVOKER"]


def test_each_family_has_a_queue_and_an_address_in_the_order_they_are_named_in() -> None:
    several = {
        "UNFORBID_QUEUE": "api=projects/p/locations/l/queues/a, iam=projects/p/locations/l/queues/i",
        "UNFORBID_EXECUTE_URL": "iam=https://i.example.com/?x=1,api=https://a.example.com/",
        "UNFORBID_FAMILIES": "api",
    }
    waking = read_settings(PRODUCTION | several).waking
    assert waking.families == ("api", "iam")
    assert waking.urls == {"iam": "https://i.example.com/?x=1", "api": "https://a.example.com/"}
    assert waking.own == ("api",)


def test_a_process_that_carries_out_nothing_needs_no_queue() -> None:
    settings = read_settings({"UNFORBID_BACKEND": "google", "UNFORBID_PROJECT": "p"})
    assert (settings.project, settings.waking.queues) == ("p", {})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("UNFORBID_BACKEND", "postgres", "one of sqlite, google"),
        ("UNFORBID_PROJECT", "", "the id of a project"),
        ("UNFORBID_FIRESTORE_DATABASE", "", "leave it out for"),
        ("UNFORBID_INVOKER", "", "UNFORBID_INVOKER must be set as well"),
        ("UNFORBID_INVOKER", "ann@example.com", "service account"),
        ("UNFORBID_QUEUE", "iam=fixes", "projects/P/locations/L/queues/Q"),
        ("UNFORBID_QUEUE", "iam=projects//locations/l/queues/q", "projects/P/locations/L/queues/Q"),
        ("UNFORBID_QUEUE", "iam=projects/p/locations/l/queues/q/tasks", "projects/P/locations/L/queues/Q"),
        ("UNFORBID_QUEUE", "iam=projects/p/locations/l/queues/q,iam=projects/p/locations/l/queues/r", "iam twice"),
        ("UNFORBID_QUEUE", "api=projects/p/locations/l/queues/q", "the same families, not api and iam"),
        ("UNFORBID_EXECUTE_URL", "iam=http://execute.example.com", "https://"),
        ("UNFORBID_EXECUTE_URL", "iam=http://127.0.0.1:80@evil.example", "https://"),
        ("UNFORBID_FAMILIES", "iam,storage", "iam, api, compute and ends, not 'storage'"),
        ("UNFORBID_TASKS_ENDPOINT", "tasks.example.com:443", "127.0.0.1:PORT"),
    ],
)
def test_a_backend_that_could_not_work_is_refused(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(PRODUCTION | {name: value})
    (problem,) = refused.value.problems
    assert said in problem


def test_a_queue_of_no_family_is_refused_with_the_families_that_there_are() -> None:
    with pytest.raises(SettingsError, match=r"FAMILY=VALUE for families of iam, api, compute, not 'projects/p"):
        read_settings(PRODUCTION | {"UNFORBID_QUEUE": "projects/p/locations/l/queues/q"})


def test_tasks_may_call_this_machine_in_a_rehearsal() -> None:
    local = {"UNFORBID_EXECUTE_URL": "iam=http://127.0.0.1:8081/", "UNFORBID_TASKS_ENDPOINT": "localhost:8123"}
    assert read_settings(PRODUCTION | local).waking.urls == {"iam": "http://127.0.0.1:8081/"}


CALLED = {"UNFORBID_AUDIENCE": "https://detect.example.com", "UNFORBID_CALLERS": "a@p.iam.gserviceaccount.com"}


def test_who_may_call_is_read_as_a_list() -> None:
    settings = read_settings(CALLED | {"UNFORBID_CALLERS": "a@p.iam.gserviceaccount.com, b@p.iam.gserviceaccount.com"})
    assert settings.audience == "https://detect.example.com"
    assert settings.callers == {"a@p.iam.gserviceaccount.com", "b@p.iam.gserviceaccount.com"}


@pytest.mark.hazard("H05", "H34")
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("UNFORBID_AUDIENCE", "", "https://"),
        ("UNFORBID_AUDIENCE", "detect", "https://"),
        ("UNFORBID_CALLERS", "", "at least one"),
        ("UNFORBID_CALLERS", " , ", "at least one"),
        ("UNFORBID_CALLERS", "ann@example.com", "e-mails of service accounts"),
    ],
)
def test_a_check_of_callers_that_would_check_nothing_is_refused(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_settings(CALLED | {name: value})
