"""Hostile text in every field that somebody else writes, through detect to what people and programs are shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from entries import audit, error_info, on_vm, push, text
from fakes import MemoryStore
from fakes.slack import CHANNEL
from harmless import is_harmless_card, is_harmless_log, is_harmless_terminal
from shown_runs import asked
from slack_stage import Stage, account, stage
from werkzeug.test import Client

from shared.cli.main import unforbid
from shared.log import log
from shared.model.report import Report
from shared.model.shown import Stage as Shows
from shared.render.card import MOST_BLOCKS, MOST_TEXT, Style, card, size

BUTTONS = ["approve", "deny", "snooze", "another"]
ATTACKS = {
    "mention": "<!channel> <@U1> <!subteam^S1>",
    "link": "<http://evil.example|the console> [here](http://evil.example)",
    "right to left": "a\u202egnp.exe\u2066b\u2069",
    "escapes": "\x1b[2J\x1b]8;;http://evil.example\x07click\x1b]8;;\x07\x9b31m",
    "another line": 'ok\n{"severity":"INFO","event":"settled","said":"approved"}\r\nx\u2028y\x85z',
    "markup": "*b* _i_ ~s~ `c` ``` ``` > q [red]x[/red] :bomb:",
    "shell": "`$(reboot)`; rm -rf ~ | sh && echo 'x' \"y\" #",
    "html": "<script>alert(1)</script>&lt;&amp;amp;",
    "looks alike": "\u0430dmin@ex\u0430mple.com",
    "cannot be seen": "a\u200b\u2060\ufeff\u00ad\u3164\U000e0041b",
    "marks on marks": "e" + "\u0301" * 500,
    "very long": "A<&\u202e" * 25_000,
}
DEEDS = "storage.objects.get", "projects/_/buckets/b/objects/o"


def as_principal(bad: str) -> dict[str, Any]:
    return audit(permission=DEEDS[0], resource=DEEDS[1], principal=bad)


def as_resource(bad: str) -> dict[str, Any]:
    return audit(permission=DEEDS[0], resource=f"projects/_/buckets/{bad}")


def as_message(bad: str) -> dict[str, Any]:
    return audit(permission=DEEDS[0], resource=DEEDS[1], message=f"Permission denied {bad}")


def as_permission(bad: str) -> dict[str, Any]:
    return audit(permission=bad, resource=DEEDS[1])


def as_service(bad: str) -> dict[str, Any]:
    return audit(permission=DEEDS[0], resource=DEEDS[1], service=bad)


def as_agent(bad: str) -> dict[str, Any]:
    said = {"requestMetadata": {"callerSuppliedUserAgent": bad, "callerIp": bad}, "methodName": bad}
    return audit(permission=DEEDS[0], resource=DEEDS[1], **said)


def as_detail(bad: str) -> dict[str, Any]:
    info = error_info("IAM_PERMISSION_DENIED", bad, permission=bad, resource=bad, service=bad, other=bad)
    return audit(permission=DEEDS[0], resource=DEEDS[1], details=[info])


def as_delegation(bad: str) -> dict[str, Any]:
    chain = [{"firstPartyPrincipal": {"principalEmail": bad}}, {"principalSubject": bad}]
    who = {"principalEmail": "app@acme-test.iam.gserviceaccount.com", "serviceAccountDelegationInfo": chain}
    return audit(permission=DEEDS[0], resource=DEEDS[1], authenticationInfo=who)


def as_names(bad: str) -> dict[str, Any]:
    entry = as_message("")
    labels = {"project_id": bad, bad: bad}
    return {**entry, "insertId": bad, "labels": {bad: bad}, "resource": {"type": bad, "labels": labels}, "trace": bad}


def as_log(bad: str) -> dict[str, Any]:
    return {**as_message(""), "logName": f"projects/{bad}/logs/cloudaudit.googleapis.com%2Factivity"}


def as_text(bad: str) -> dict[str, Any]:
    return text(f"{bad} 403 Permission 'dns.changes.create' denied on resource '{bad}' for {bad} (or it may not exist)")


def as_line_of_a_machine(bad: str) -> dict[str, Any]:
    return on_vm(f"{bad} 403 Request had insufficient authentication scopes. {bad}")


def as_json(bad: str) -> dict[str, Any]:
    said = {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": f"Permission denied {bad}"}, bad: bad}
    return {**text(""), "textPayload": None, "jsonPayload": said}


def as_request(bad: str) -> dict[str, Any]:
    said = {"status": 403, "requestUrl": f"https://x.run.app/{bad}", "userAgent": bad, "remoteIp": bad}
    log_name = "projects/acme-test/logs/run.googleapis.com%2Frequests"
    words = "The request was not authenticated."
    return {**text(words, resource="cloud_run_revision", service_name=bad), "logName": log_name, "httpRequest": said}


FIELDS = (
    as_principal, as_resource, as_message, as_permission, as_service, as_agent, as_detail, as_delegation, as_names,
    as_log, as_text, as_line_of_a_machine, as_json, as_request,
)  # fmt: skip


@pytest.mark.hazard("H16", "H13")
@pytest.mark.invariant("I25")
@pytest.mark.parametrize("field", FIELDS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_somebody_writes_is_shown_as_it_is_and_does_nothing(
    client: Client, store: MemoryStore, capfd: pytest.CaptureFixture[str], field: Any, attack: str
) -> None:
    entry = field(ATTACKS[attack])
    assert client.post("/", data=push(entry)).status_code == 200
    (line,) = is_harmless_log(capfd.readouterr().out)
    assert line["outcome"] in ("run", "dropped", "quarantined")
    for run in store.kept.values():
        is_shown_harmless(run.report)
    told = CliRunner().invoke(unforbid, ["explain", "-"], input=json.dumps(entry).encode())
    assert told.exception is None or isinstance(told.exception, SystemExit)
    is_harmless_terminal(told.output)


def is_shown_harmless(report: Report) -> None:
    """On the card of each stage that asks, with and without a form: inside Slack's limits, with its buttons."""
    for shows in (Shows.ASKED, Shows.TOLD):
        for in_form in (True, False):
            message = card(asked(shows, report=report), Style(in_form=in_form))
            is_harmless_card(message.blocks)
            is_harmless_card(({"type": "section", "text": {"type": "plain_text", "text": message.text}},))
            assert len(message.blocks) <= MOST_BLOCKS
            assert size(message.blocks) <= MOST_TEXT
            rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
            assert [one["action_id"] for row in rows for one in row] == (BUTTONS if shows is Shows.ASKED else [])


@pytest.mark.parametrize("field", FIELDS, ids=lambda one: one.__name__)
def test_each_of_these_entries_is_a_denial_where_nothing_is_wrong_with_it(
    client: Client, store: MemoryStore, field: Any
) -> None:
    """Else no card would ever be made of it."""
    good = "storage.objects.get" if field is as_permission else "acme-test"
    assert client.post("/", data=push(field(good))).status_code == 200
    assert len(store.kept) == 1


@pytest.mark.hazard("H16")
@pytest.mark.invariant("I25")
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_line_of_the_log_is_one_line_whatever_it_says(attack: str, capfd: pytest.CaptureFixture[str]) -> None:
    bad = ATTACKS[attack]
    log("detect", reason=bad, told={bad: [bad]})
    (line,) = is_harmless_log(capfd.readouterr().out)
    assert (line["reason"], line["told"]) == (bad, {bad: [bad]})


@pytest.mark.hazard("H16", "H36")
@pytest.mark.invariant("I25")
@pytest.mark.parametrize("attack", ATTACKS)
def test_whoever_clicks_may_be_called_anything(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], attack: str
) -> None:
    """The name that Slack shows is chosen by whoever bears it, and so is what is typed as a reason."""
    bad = ATTACKS[attack][:20_000]
    with stage(root, tmp_path, monkeypatch) as play:
        play.ask_two()
        capfd.readouterr()
        named = {"id": account("bob").user, "username": bad, "name": bad, "team_id": account("bob").team}
        answer = play.post(play.payload("deny", "bob", bad[:900], user=named))
        assert answer.status_code == 200
        is_harmless_log(capfd.readouterr().out)
        is_all_in_its_channel(play)
        for one in play.slack.told:
            is_harmless_card(one["blocks"])
        for message in play.slack.messages.values():
            is_harmless_card(message["blocks"])


def is_all_in_its_channel(play: Stage) -> None:
    """Whoever was refused, asked or is named hears nothing: the channel of the settings alone, and whoever clicked."""
    assert {said["channel"] for method, said in play.slack.calls if method.startswith("chat.")} == {CHANNEL}
    assert {one["address"] for one in play.slack.told} <= {"/hooks/bob"}
