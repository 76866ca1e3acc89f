"""What may be set for Slack, and that no secret is ever repeated."""

from __future__ import annotations

import pytest

from shared.errors import SettingsError
from shared.settings import DOCUMENTED
from shared.slack_settings import SLACK, SlackSettings, slack_problems, slack_settings


def test_without_anything_set_nothing_is_shown_and_nothing_is_wrong() -> None:
    assert (slack_settings({}), list(slack_problems({}))) == (SlackSettings(), [])


def test_two_signing_secrets_are_taken_while_one_replaces_the_other() -> None:
    assert slack_settings({"UNFORBID_SLACK_SIGNING_SECRET": "old, new"}).secrets == ("old", "new")
    assert slack_settings({"UNFORBID_SLACK_SIGNING_SECRET": " , "}).secrets == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UNFORBID_SLACK_FORMS", "maybe"),
        ("UNFORBID_SLACK_API_URL", "https://slack.com/api/"),
        ("UNFORBID_SLACK_API_URL", "http://127.0.0.1@evil.example/api/"),
        ("UNFORBID_SLACK_CHANNEL", "#denials"),
        ("UNFORBID_SLACK_TOKEN", "xoxb a"),
        ("UNFORBID_RUN_PAGE", "http://runs.example.com/{run}"),
        ("UNFORBID_RUN_PAGE", "https://runs.example.com/|<!here>"),
        ("UNFORBID_RUN_PAGE", "https://{run}.example.com/"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(name: str, value: str) -> None:
    (problem,) = slack_problems({name: value})
    assert problem.startswith(name)
    assert "xoxb" not in problem.replace("(xoxb-...)", "")


def test_a_secret_is_not_printed_with_the_settings() -> None:
    known = slack_settings({"UNFORBID_SLACK_TOKEN": "xoxb-1", "UNFORBID_SLACK_SIGNING_SECRET": "s3cret"})
    assert "xoxb-1" not in repr(known)
    assert "s3cret" not in str(known)


def test_every_name_is_documented_with_the_other_settings() -> None:
    assert {name: DOCUMENTED.get(name) for name in SLACK} == SLACK


def test_the_settings_are_read_with_all_others() -> None:
    from shared.settings import read_settings

    assert read_settings({"UNFORBID_SLACK_CHANNEL": "C1"}).slack.channel == "C1"
    with pytest.raises(SettingsError, match="UNFORBID_SLACK_FORMS"):
        read_settings({"UNFORBID_SLACK_FORMS": "perhaps"})
