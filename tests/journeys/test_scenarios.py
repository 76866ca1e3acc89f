"""Every shipped scenario is really refused, for the reason it states: mend that, and nothing else, and it goes through."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from command import run
from fakes import FakeClock
from worlds import Cloud, cloud_of

from sandbox.accounts import undelete_account
from sandbox.callers import Outcome, make_call
from sandbox.rehearse import NotRefused, Refused, play, push_body, rehearse, request_in
from sandbox.scenario import Scenario, load, shipped, world_of
from sandbox.services import doors
from sandbox.services.pubsub import add_topic
from sandbox.services.storage import add_bucket
from sandbox.world import Resource, World
from shared.causes import CAUSES
from shared.flows import explain_bytes
from shared.model.report import Report
from shared.pipeline.ingest import ingest

NAMES = tuple(shipped())
CALLING = tuple(name for name in NAMES if "\ncall:" in shipped()[name].read_text())
IN_ITS_OWN_WORDS = ("gcs.iam", "imp.", "secret.access", "pubsub.iam", "bq.", "ar.pull", "run.invoker", "log.writer",
                    "compute.generic", "iam.allow_missing")  # fmt: skip
"""Causes that mean: nobody granted it."""
Mend = Callable[[World, Resource], None]


@cache
def scenario(name: str) -> Scenario:
    return load(shipped()[name], FakeClock())


def explained(body: bytes, _: str) -> Report:
    return explain_bytes(ingest(body))


def twins() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in NAMES:
        if scenario(name).spec.truth.twins:
            found[scenario(name).spec.truth.twins].append(name)
    return found


def test_the_three_stories_and_many_more_denials_ship() -> None:
    stories = [name for name in NAMES if name.startswith("story")]
    assert {name[:6] for name in stories} == {"story1", "story2", "story3"}
    assert len(NAMES) - len(stories) >= 26
    told = {scenario(name).spec.truth.cause for name in NAMES}
    assert len(told) >= 18
    assert told <= CAUSES.keys()


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_is_short_and_says_why_in_words(name: str) -> None:
    spec = scenario(name).spec
    assert len(shipped()[name].read_text().splitlines()) <= 27
    assert len(spec.title) <= 60
    assert spec.about
    assert len(spec.truth.because) > 30


@pytest.mark.parametrize("name", NAMES)
def test_the_sandbox_refuses_the_call_and_the_entry_it_leaves_is_read_as_a_denial(name: str) -> None:
    with cloud_of(world_of(scenario(name))) as cloud:
        refused = play(scenario(name), cloud.world, cloud.endpoint)
        assert in_cloud_logging(cloud, refused.entry) == [refused.entry["insertId"]]
    if refused.outcome is not None:
        assert refused.outcome.status == (401 if name == "account-disabled" else 403)
    told = explained(push_body(refused.entry), "")
    assert told.verdict == "denial"
    assert told.id == refused.entry["insertId"]
    assert told.cause is not None


def in_cloud_logging(cloud: Cloud, entry: dict[str, Any]) -> list[str]:
    """The entries with this one's log, time and id, as Cloud Logging's own client finds them."""
    wanted = f'logName="{entry["logName"]}" AND insertId="{entry["insertId"]}" AND timestamp="{entry["timestamp"]}"'
    owner = entry["logName"].partition("/logs/")[0]
    with cloud.clients().logging as client:
        return [one.insert_id for one in client.list_log_entries({"resource_names": [owner], "filter": wanted})]


@pytest.mark.parametrize("kin", twins().values(), ids=twins().keys())
def test_twins_read_the_same_and_only_looking_tells_them_apart(kin: list[str]) -> None:
    played = [rehearse(scenario(name), explained) for name in kin]
    assert len({words(one.refused) for one in played}) == 1
    assert len({one.found.cause for one in played}) == 1
    truths = [(one.scenario.spec.truth.cause, tuple(one.scenario.spec.truth.then)) for one in played]
    assert len(kin) > 1
    assert len(set(truths)) > 1 or kin[0].startswith("story3"), "a kill is a kill: whether the agent is back differs"


def words(refused: Refused) -> tuple[str, ...] | str:
    """The text of a refusal; the metadata of gRPC errors is a map, which prints its parts in any order."""
    if refused.outcome is not None:
        return tuple(sorted(refused.outcome.text.splitlines()))
    return re.sub(r"\d+|\(\S+\)", "N", str(refused.entry["textPayload"]))[:40]


# What mends each cause, and nothing else.


def everything(world: World) -> str:
    """A custom role with every permission that a door of the sandbox checks."""
    known = {door.permission for _, door in doors().values() if isinstance(door.permission, str)}
    known |= {f"iam.serviceAccounts.{verb}" for verb in ("getAccessToken", "getOpenIdToken", "signBlob")}
    known |= {"bigquery.tables.getData", "run.routes.invoke", "artifactregistry.repositories.downloadArtifacts"}
    world.roles["organizations/1/roles/everything"] = {"includedPermissions": sorted(known)}
    return "organizations/1/roles/everything"


def grant_it(world: World, target: Resource) -> None:
    binding = {"role": everything(world), "members": ["allUsers"]}
    for one in {target.name: target, **{project.name: project for project in world.of_kind("projects")}}.values():
        bindings = [*one.policy().get("bindings", []), binding]
        world.set_policy(one, {**one.policy(), "bindings": bindings}, at_once=True)


def lift_conditions(world: World, _: Resource) -> None:
    for one in world.resources.values():
        if bindings := one.policy().get("bindings"):
            plain = [{key: value for key, value in held.items() if key != "condition"} for held in bindings]
            world.set_policy(one, {**one.policy(), "bindings": plain}, at_once=True)


def lift_deny_policies(world: World, _: Resource) -> None:
    world.deny_policies.clear()


def wait(world: World, _: Resource) -> None:
    world.clock.turn(timedelta(minutes=10))


def widen_scopes(world: World, _: Resource) -> None:
    for machine in world.of_kind("instances"):
        machine.body["serviceAccounts"][0]["scopes"] = ["https://www.googleapis.com/auth/cloud-platform"]


def switch_apis_on(world: World, _: Resource) -> None:
    for project in world.of_kind("projects"):
        project.hidden |= {"off": [], "switched": {}}


def enable_accounts(world: World, _: Resource) -> None:
    for account in world.of_kind("serviceAccounts"):
        account.body.pop("disabled", None)


def bind_the_new_account(world: World, _: Resource) -> None:
    for one in world.resources.values():
        if bindings := one.policy().get("bindings"):
            text = re.sub(r"deleted:(serviceAccount:[^?]+)\?uid=\d+", r"\1", json.dumps(bindings))
            world.set_policy(one, {**one.policy(), "bindings": json.loads(text)}, at_once=True)


def let_the_project_be_billed(world: World, _: Resource) -> None:
    binding = {"role": "roles/serviceusage.serviceUsageConsumer", "members": ["allUsers"]}
    for project in world.of_kind("projects"):
        world.set_policy(project, {"bindings": [*project.policy().get("bindings", []), binding]}, at_once=True)


def bring_it_back(world: World, _: Resource) -> None:
    """What was missing exists again, and whoever had a role on it has it again."""
    for gone in list(world.of_kind("deletedServiceAccounts")):
        undelete_account(world, gone)
    for made in (add_bucket(world, "acme-web", "photos"), add_topic(world, "acme-web", "orders")):
        grant_it(world, made)


MENDS: dict[str, Mend] = {
    "iam.condition": lift_conditions,
    "iam.deny": lift_deny_policies,
    "iam.propagation": wait,
    "iam.not_found": bring_it_back,
    "cred.scope.gce": widen_scopes,
    "api.disabled": switch_apis_on,
    "principal.deleted": bind_the_new_account,
    "principal.disabled": enable_accounts,
    "project.quota_user": let_the_project_be_billed,
}


def mend_of(cause: str) -> Mend:
    assert cause in MENDS or cause.startswith(IN_ITS_OWN_WORDS)
    return MENDS.get(cause, grant_it)


def again(cloud: Cloud, name: str) -> Outcome:
    request = request_in(scenario(name))
    assert request is not None
    return make_call(cloud.endpoint, request, cloud.world)


@pytest.mark.parametrize("name", CALLING)
def test_the_truth_is_what_stands_in_the_way_mended_in_the_order_it_states(name: str) -> None:
    truth = scenario(name).spec.truth
    causes = [one for one in (truth.cause, *truth.then) if one != "cred.lost_token"]
    with cloud_of(world_of(scenario(name))) as cloud:
        target = target_of(cloud.world, name)
        for cause in causes:
            assert not again(cloud, name).accepted, f"{cause} is mended before its turn"
            mend_of(cause)(cloud.world, target)
        outcome = again(cloud, name)
    assert outcome.accepted or outcome.status == 400, outcome.text


@pytest.mark.parametrize("name", [name for name in CALLING if "iam.deny" in scenario(name).spec.truth.cause])
def test_no_role_helps_against_a_deny_policy(name: str) -> None:
    with cloud_of(world_of(scenario(name))) as cloud:
        grant_it(cloud.world, target_of(cloud.world, name))
        assert again(cloud, name).status == 403


@pytest.mark.parametrize("name", [name for name in CALLING if scenario(name).spec.truth.cause[:10] == "cred.scope"])
def test_no_role_helps_against_a_scope(name: str) -> None:
    with cloud_of(world_of(scenario(name))) as cloud:
        grant_it(cloud.world, target_of(cloud.world, name))
        assert again(cloud, name).status == 403


def target_of(world: World, name: str) -> Resource:
    """What the call is made on, or what would contain it."""
    request = request_in(scenario(name))
    assert request is not None
    on = request.on
    while on.count("/") > 3 and on not in world.resources:
        on = on.rpartition("/")[0]
    return world.get(on) or world.of_kind("projects")[0]


def test_a_call_that_goes_through_is_no_rehearsal(tmp_path: Path) -> None:
    text = shipped()["upload-condition-expired"].read_text()
    (tmp_path / "open.yaml").write_text(text.replace("-1d", "+1d"))
    with pytest.raises(NotRefused, match="open: the sandbox lets the call through: upload on //storage"):
        rehearse(load(tmp_path / "open.yaml", FakeClock()), explained)


def test_a_refusal_of_the_front_end_leaves_no_audit_entry_and_says_so(tmp_path: Path) -> None:
    text = shipped()["api-off"].read_text()
    (tmp_path / "front.yaml").write_text(text + "log: audit\n")
    with pytest.raises(NotRefused, match="its log must be application"):
        rehearse(load(tmp_path / "front.yaml", FakeClock()), explained)


def test_the_explainer_is_handed_the_address_while_the_world_is_served() -> None:
    def look(_: bytes, endpoint: str) -> str:
        from shared.adapters.google_clients import GoogleClients

        return str(GoogleClients(endpoint).projects.get_project(name="projects/acme-web").name)

    assert rehearse(scenario("upload-allow-missing"), look).found == "projects/111111111111"


# The command.


def test_the_command_lists_every_scenario_with_its_title() -> None:
    told = run("sandbox", "--list")
    assert told.exit_code == 0
    assert len(told.output.splitlines()) == len(NAMES)
    assert re.search(r"^upload-deny-policy +A deny policy forbids it$", told.output, re.MULTILINE)


def test_the_entry_it_prints_is_what_explain_reads() -> None:
    told = run("sandbox", "--scenario", "story2-target-role", "--entry")
    assert told.exit_code == 0
    explained = json.loads(run("explain", "--format", "jsonl", given=told.stdout.encode()).stdout)
    assert explained["cause"] == "imp.token"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a scenario with --scenario"),
        (("--scenario", "story2-target-rol"), "did you mean story2-target-role?"),
        (("--scenario", "story3-agent-back", "--call", "127.0.0.1:9"), "makes no call"),
        (("--scenario", "run-invoke", "--call", "127.0.0.1:9"), "only the process of the sandbox knows"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(arguments: tuple[str, ...], said: str) -> None:
    told = run("sandbox", *arguments)
    assert told.exit_code in (1, 2)
    assert said in told.output


def test_a_file_with_problems_is_told_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("titel: x\ncall: 7\n")
    told = run("sandbox", "--scenario", str(tmp_path / "bad.yaml"))
    assert told.exit_code == 1
    assert "line 1, titel: not known here; did you mean title?" in told.output
    assert "line 2, call: a mapping is expected here, not '7'" in told.output


def test_without_the_checkout_it_says_that_the_sandbox_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sandbox.rehearse", None)
    told = run("sandbox", "--list")
    assert told.exit_code == 1
    assert "the sandbox is no part of the installed command" in told.output


@pytest.fixture
def served(tmp_path: Path, root: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`unforbid sandbox` in a process of its own, and what it told."""
    command = [sys.executable, "-c", "from shared.cli.main import unforbid; unforbid()"]
    command += ["sandbox", "--scenario", "upload-propagation"]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        told = {}
        for line in process.stdout:
            name, _, said = line.partition("  ")
            told[name.strip()] = said.strip()
            if name.startswith("by hand"):
                break
        yield process, told
        process.kill()


@pytest.mark.parametrize("asked_to_stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped_and_tells_all_that_is_needed(
    served: tuple[subprocess.Popen[str], dict[str, Any]], tmp_path: Path, asked_to_stop: signal.Signals
) -> None:
    process, told = served
    endpoint = told["serves"].partition(",")[0]
    path = tmp_path / told["entry"].partition(":")[0]
    assert json.loads(path.read_text())["protoPayload"]["status"]["code"] == 7
    assert told["explain"].split()[:2] == [f"UNFORBID_ENDPOINT={endpoint}", "UNFORBID_ORGANIZATION=123456789012"]
    assert told["explain"].endswith(f"unforbid explain --live {told['entry'].partition(':')[0]}")
    assert told["truth"].startswith("iam.propagation: ")
    arguments = told["again"].split()[1:]
    assert arguments[-1] == endpoint
    refused = run(*arguments)
    assert (refused.exit_code, refused.output[:12]) == (1, "refused: 403")
    occupied = run("sandbox", "--scenario", "api-off", "--port", endpoint.partition(":")[2])
    assert "cannot serve on port" in occupied.output
    os.kill(process.pid, asked_to_stop)
    assert process.stdout is not None
    assert "stopped" in process.stdout.read()
    assert process.wait(10) == 0
