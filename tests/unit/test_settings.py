"""Settings are read once, and every problem is told together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.settings import read_settings


def test_without_a_setting_everything_is_observed_only() -> None:
    settings = read_settings({"PATH": "/bin"})
    assert (settings.mode, settings.store, settings.merge_for) == (
        "observe",
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
