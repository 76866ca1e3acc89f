"""Settings are read once, and every problem is told together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.settings import read_settings


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
    "UNFORBID_QUEUE": "projects/acme-unforbid/locations/europe-west1/queues/fixes",
    "UNFORBID_EXECUTE_URL": "https://execute.example.com/",
    "UNFORBID_INVOKER": "wake@acme-unforbid.iam.gserviceaccount.com",
}


def test_what_is_kept_stays_on_this_machine_unless_google_is_chosen() -> None:
    assert read_settings({}).backend == "sqlite"
    settings = read_settings(PRODUCTION)
    assert (settings.backend, settings.project, settings.database) == ("google", "acme-unforbid", "(default)")
    assert (settings.queue, settings.execute_url, settings.invoker) == tuple(PRODUCTION.values())[2:]


def test_a_process_that_carries_out_nothing_needs_no_queue() -> None:
    settings = read_settings({"UNFORBID_BACKEND": "google", "UNFORBID_PROJECT": "p"})
    assert (settings.project, settings.queue) == ("p", "")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("UNFORBID_BACKEND", "postgres", "one of sqlite, google"),
        ("UNFORBID_PROJECT", "", "the id of a project"),
        ("UNFORBID_FIRESTORE_DATABASE", "", "leave it out for"),
        ("UNFORBID_INVOKER", "", "UNFORBID_INVOKER must be set as well"),
        ("UNFORBID_INVOKER", "ann@example.com", "service account"),
        ("UNFORBID_QUEUE", "fixes", "projects/P/locations/L/queues/Q"),
        ("UNFORBID_QUEUE", "projects//locations/l/queues/q", "projects/P/locations/L/queues/Q"),
        ("UNFORBID_QUEUE", "projects/p/locations/l/queues/q/tasks", "projects/P/locations/L/queues/Q"),
        ("UNFORBID_EXECUTE_URL", "http://execute.example.com", "https://"),
        ("UNFORBID_EXECUTE_URL", "http://127.0.0.1:80@evil.example", "https://"),
        ("UNFORBID_TASKS_ENDPOINT", "tasks.example.com:443", "127.0.0.1:PORT"),
    ],
)
def test_a_backend_that_could_not_work_is_refused(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(PRODUCTION | {name: value})
    (problem,) = refused.value.problems
    assert said in problem


def test_tasks_may_call_this_machine_in_a_rehearsal() -> None:
    local = {"UNFORBID_EXECUTE_URL": "http://127.0.0.1:8081/", "UNFORBID_TASKS_ENDPOINT": "localhost:8123"}
    assert read_settings(PRODUCTION | local).execute_url == "http://127.0.0.1:8081/"


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
