"""Canaries where nobody should read on: none is in a report, a run, a card, a line of the log or on a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from entries import audit, error_info, push, text
from fakes import MemoryStore
from fakes.slack import TOKEN
from shown_runs import asked
from slack_stage import SECRET, stage
from werkzeug.test import Client

from shared import flows
from shared.cli.main import unforbid
from shared.model.codec import to_json
from shared.model.shown import Stage as Shows
from shared.render.card import Style, card

BIRD = "canary"


def token(where: str) -> str:
    """An access token that says where it was planted."""
    return f"ya29.{BIRD}-{where}-0123456789"


def audited() -> dict[str, Any]:
    """A denial with a canary in every field that is none of our business."""
    info = error_info("IAM_PERMISSION_DENIED", "iam.googleapis.com", permission="storage.objects.get", x=token("info"))
    entry = audit(
        permission="storage.objects.get",
        resource="projects/_/buckets/b/objects/o",
        message=f"Permission denied; Authorization: Bearer {token('message')}",
        details=[info],
        request={"password": token("request"), "policy": {"bindings": [{"members": [token("policy")]}]}},
        response={"token": token("response")},
        metadata={"@type": "type.googleapis.com/x", "secret": token("metadata")},
        serviceData={"secret": token("service-data")},
        requestMetadata={
            "callerIp": token("ip"),
            "callerSuppliedUserAgent": token("agent"),
            "callerNetwork": token("network"),
            "requestAttributes": {"headers": {"authorization": token("header")}, "auth": {"claims": token("claims")}},
        },
    )
    entry["protoPayload"]["authenticationInfo"] |= {
        "authoritySelector": token("selector"),
        "thirdPartyPrincipal": {"claims": token("third")},
        "serviceAccountKeyName": f"//iam.googleapis.com/projects/p/serviceAccounts/s/keys/{token('key')}",
        "oauthInfo": {"oauthClientId": token("client")},
        "serviceAccountDelegationInfo": [
            {"firstPartyPrincipal": {"principalEmail": "a@example.com", "serviceMetadata": {"t": token("chain")}}}
        ],
    }
    http = {"status": 403, "requestUrl": f"https://x.example/?access_token={token('url')}", "referer": token("referer")}
    return {
        **entry,
        "labels": {"label": token("label")},
        "httpRequest": {**http, "userAgent": token("http-agent"), "remoteIp": token("remote")},
        "trace": token("trace"),
        "operation": {"id": token("operation")},
        "sourceLocation": {"file": token("source")},
    }


def in_json() -> dict[str, Any]:
    said = {
        "message": "403 Forbidden: Permission 'dns.changes.create' denied on resource 'projects/acme-test'",
        "headers": {"Authorization": f"Bearer {token('bearer')}", "Cookie": f"{BIRD}=cookie"},
        "request": {"password": f"{BIRD}-password", "private_key": f"-----BEGIN PRIVATE KEY-----\n{BIRD}\n-----END"},
        "credentials": {"client_secret": f"{BIRD}-secret", "refresh_token": f"1//0{BIRD}0123456789"},
        "Api_Key": f"{BIRD}-key",
    }
    return {**text(""), "textPayload": None, "jsonPayload": said}


REFUSED = "Error 403: Permission 'dns.changes.create' denied on resource 'projects/acme-test'"
LEAKS = {
    "audit entry": audited(),
    "json": in_json(),
    "a header": text(f"{REFUSED} Authorization: Bearer {token('header')}"),
    "before": text(f"Authorization: Bearer {token('first')} {REFUSED}"),
    "a url": text(f"GET https://dns.googleapis.com/v1?access_token={BIRD}123&prettyPrint=false {REFUSED}"),
    "a signed url": text(f"{REFUSED} https://storage.googleapis.com/b/o?X-Goog-Signature={BIRD}00aa11"),
    "an api key": text(f"{REFUSED} key=AIzaSy{BIRD}0123456789abcdefghijkl"),
    "a web token": text(f"{REFUSED} eyJhbGciOiJSUzI1NiJ9.{BIRD}.c2ln"),
    "a password": text(f"{REFUSED} password='{BIRD}1'"),
    "a key": text(f"{REFUSED} -----BEGIN PRIVATE KEY-----\n{BIRD}\n-----END PRIVATE KEY-----"),
    "cut": text(f"Bearer {token('long')}{'a' * 200} {REFUSED}"),
}


@pytest.mark.hazard("H35")
@pytest.mark.invariant("I25")
@pytest.mark.parametrize("where", LEAKS)
def test_no_secret_of_an_entry_is_read_on(
    client: Client, store: MemoryStore, capfd: pytest.CaptureFixture[str], where: str
) -> None:
    assert BIRD in json.dumps(LEAKS[where])
    assert client.post("/", data=push(LEAKS[where])).status_code == 200
    (run,) = store.kept.values()
    assert run.report.cause
    assert BIRD not in to_json(run).decode()
    assert BIRD not in capfd.readouterr().out
    for shows in Shows:
        assert BIRD not in to_json(card(asked(shows, report=run.report), Style())).decode()
    for form in ("text", "json", "jsonl"):
        told = CliRunner().invoke(unforbid, ["explain", "-", "--format", form], input=json.dumps(LEAKS[where]).encode())
        assert (told.exit_code, BIRD in told.output) == (0, False)
        assert run.report.cause in told.output


@pytest.mark.hazard("H35")
@pytest.mark.invariant("I20", "I25")
def test_a_defect_is_logged_with_where_it_happened_and_not_with_what_it_was_about(
    client: Client, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(entry: object) -> None:
        try:
            {}[token("cause")]
        except KeyError as error:
            raise ValueError(f"cannot read {entry} {token('error')}") from error

    monkeypatch.setattr(flows, "classify", broken)
    assert client.post("/", data=push(audited())).status_code == 200
    printed = capfd.readouterr().out
    trace = json.loads(printed.splitlines()[0])["trace"]
    assert ("KeyError" in trace, "ValueError" in trace, "in broken" in trace) == (True, True, True)
    assert BIRD not in printed
    assert BIRD not in "".join(one.reason for one in store.items.values())


@pytest.mark.hazard("H35")
@pytest.mark.invariant("I25")
def test_a_defect_behind_a_click_tells_nothing_of_the_click(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with stage(root, tmp_path, monkeypatch) as play:
        question = play.ask()

        def broken(*_: object) -> None:
            raise ValueError(f"{BIRD} {SECRET} {TOKEN}")

        monkeypatch.setattr(play.ballots, "vote", broken)
        capfd.readouterr()
        play.press("approve", reason=f"{BIRD} was typed here")
        printed = capfd.readouterr().out
        assert "ValueError" in printed
        for secret in (BIRD, SECRET, TOKEN):
            assert secret not in printed
            assert secret not in json.dumps(play.slack.told)
        assert play.ballots.votes(question.id) == []
