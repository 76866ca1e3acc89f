from __future__ import annotations

import ast
import copy
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
import yaml
from fakes import FakeClock

from sandbox import scenario_names as names
from sandbox import scenario_spec
from sandbox.callers import COLLECTIONS, Outcome
from sandbox.scenario import Scenario, ScenarioError, find, load, shipped, world_of
from sandbox.scenario_call import workload_of, write_application_entry
from shared.errors import NotFound

NOW = FakeClock().now()
SMALLEST = """
title: smallest
accounts: [uploader@acme-web]
buckets: {acme-web: [photos]}
call: {as: serviceAccount:uploader@acme-web, do: upload, on: buckets/photos/objects/cat.jpg}
truth: {cause: gcs.iam, because: nobody granted anything}
"""
EMAIL = "uploader@acme-web.iam.gserviceaccount.com"
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"


def read(tmp_path: Path, text: str) -> Scenario:
    file = tmp_path / "one.yaml"
    file.write_text(text, "utf-8")
    return load(file, FakeClock())


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path, text)
    return [str(one) for one in caught.value.problems]


def test_a_scenario_of_five_lines_stands_in_an_organisation_with_two_projects(tmp_path: Path) -> None:
    world = world_of(read(tmp_path, SMALLEST))
    bucket = world.resources[BUCKET]
    line = [one.name.partition(".com/")[2] for one in world.lineage(bucket)[1:]]
    assert line == ["projects/acme-web", "folders/1001", "organizations/123456789012"]
    assert world.project("222222222222") is world.project("acme-data")
    assert world.now() == NOW


def test_every_problem_is_told_at_once_with_its_line_its_place_and_what_may_be_meant(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        """
title: wrong in many ways
acounts: [uploader@acme-web]
buckets: {acme-wbe: [photos]}
grants:
  - {role: roles/storage.objectCreater, to: serviceAccount:uploadr@acme-web, on: buckets/photo, until: soon}
  - {rol: roles/viewer, to: [ann], on: projects/acme-web}
log: aduit
truth: {cause: gcs.iam, because: x, hidden: yes}
call: {as: nobody, do: uplaod, on: buckets/photos}
""",
    )
    assert told == [
        "line 3, acounts: not known here; did you mean accounts?",
        "line 7, grants[1].rol: not known here; did you mean role?",
        "line 8, log: 'aduit' is none of application, audit, serial; did you mean audit?",
        "line 9, truth.hidden: true or false is expected here, not 'yes'",
    ]


def test_names_that_lead_nowhere_are_told_together_with_those_that_are_close(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        """
title: names that lead nowhere
accounts: [uploader@acme-web, stray@other-org]
buckets: {acme-web: [photos], acme-wbe: [films]}
propagation: seven
grants:
  - {role: roles/storage.objectCreater, to: serviceAccount:uploadr@acme-web, on: buckets/photo}
  - {role: roles/viewer, to: ann, on: projects/acme-web, until: soon}
history:
  - {at: -5m, by: user:ops@example.com, did: SetIamPolicy, on: buckets/photos, removed: [roles/viewer user:ann@example.com]}
  - {at: +5m, by: user:ops@example.com, did: Delete, on: buckets/photos}
faults: [{method: storage.*, kind: unavailble}]
truth: {cause: gcs.aim, because: x}
call: {as: vm:web-1, do: uplaod, on: buckets/photos}
""",
    )
    assert told == [
        "line 3, accounts.stray@other-org: its project is none of `projects`; write NAME@PROJECT or the whole address",
        "line 4, buckets.acme-wbe: there is no project acme-wbe; did you mean acme-web?",
        "line 5, propagation: 'seven' is no span of time; write 7m, 90s or 2h",
        "line 7, grants[0].on: there is no buckets/photo; did you mean buckets/photos?",
        "line 8, grants[1].to: 'ann' is no IAM member: write user:, group:, serviceAccount:, domain: or principal://",
        "line 8, grants[1].until: write a time (2026-11-21T10:00:00Z or -1d), and not beside if",
        "line 10, history[0]: 'roles/viewer user:ann@example.com' cannot be removed: it was not granted there",
        "line 11, history[1].at: '+5m' is after now; history is what happened before the call",
        "line 12, faults[0].kind: 'unavailble' is no fault; did you mean unavailable?",
        "line 13, truth.cause: there is no cause gcs.aim; did you mean gcs.iam?; `unforbid causes` lists them",
        "line 14, call.do: 'uplaod' is no call; did you mean upload?",
        "line 14, call.as: there is no machines/web-1; the file has no machines",
        "line 14, call.printed_on: there is no machines/web-1; the file has no machines",
    ]


def test_a_misspelt_role_or_member_is_a_problem_and_not_a_grant_to_nobody(tmp_path: Path) -> None:
    grant = "\ngrants: [{role: roles/storage.objectCreater, to: serviceAccount:uploadre@acme-web, on: buckets/photos}]"
    told = problems(tmp_path, SMALLEST + grant)
    assert "did you mean roles/storage.objectCreator?" in told[0]
    assert f"did you mean {EMAIL}?" in told[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("- a list", "a mapping is expected here"),
        ("title: [", "not YAML"),
        ("title: &a x\nabout: *a", "references"),
        ("title: x\ntitle: y", "says one name twice"),
        ("title: " + "[" * 30 + "]" * 30, "nested more than"),
        ("a" * 300_000, "larger than"),
        ("? [a]\n: b", "a name is expected here"),
        ("title: x\x00", "not YAML"),
    ],
)
def test_what_is_no_scenario_at_all_is_said_to_be_none(tmp_path: Path, text: str, said: str) -> None:
    assert any(said in one for one in problems(tmp_path, text))


def test_a_file_that_is_not_there_or_no_text_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load(tmp_path / "none.yaml", FakeClock())
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="cannot be read"):
        load(tmp_path / "bytes.yaml", FakeClock())


def test_a_scalar_means_what_is_expected_where_it_stands(tmp_path: Path) -> None:
    text = SMALLEST.replace("title: smallest", "title: no\nprojects: {acme-web: {number: 111, labels: {on: off}}}")
    scenario = read(tmp_path, text)
    project = world_of(scenario).project("111")
    assert scenario.title == "no"
    assert project is not None
    assert project.body["labels"] == {"on": "off"}


def test_the_file_may_say_when_it_plays(tmp_path: Path) -> None:
    scenario = read(tmp_path, SMALLEST + "now: 2026-11-20T10:00:00+01:00")
    assert world_of(scenario).now() == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert any("'now' is no time" in one for one in problems(tmp_path, SMALLEST + "now: now"))


def test_the_time_runs_on_where_a_real_clock_is_given(tmp_path: Path) -> None:
    clock = FakeClock()
    world = world_of(read(tmp_path, SMALLEST), clock.now)
    clock.turn(minutes=3)
    assert world.now() == NOW + timedelta(minutes=3)


HISTORY = """
grants: [{role: roles/storage.objectCreator, to: serviceAccount:uploader@acme-web, on: buckets/photos}]
propagation: 7m
history:
"""


def test_history_changes_policies_and_is_in_the_activity_log(tmp_path: Path) -> None:
    event = "by: user:ops@example.com, did: SetIamPolicy, on: buckets/photos"
    removed = f"  - {{at: -5m, {event}, removed: [roles/storage.objectCreator serviceAccount:uploader@acme-web]}}\n"
    added = f"  - {{at: -1h, {event}, added: [roles/storage.objectViewer user:ann@example.com]}}\n"
    world = world_of(read(tmp_path, SMALLEST + HISTORY + removed + added))
    bucket = world.resources[BUCKET]
    assert [one["role"] for one in bucket.policy()["bindings"]] == ["roles/storage.objectViewer"]
    assert len(bucket.policy_at(NOW)["bindings"]) == 2, "the removal of five minutes ago has not arrived yet"
    deltas = [one["protoPayload"]["serviceData"]["policyDelta"]["bindingDeltas"] for one in world.entries]
    assert [(one["action"], one["member"]) for [one] in deltas] == [
        ("ADD", "user:ann@example.com"),
        ("REMOVE", f"serviceAccount:{EMAIL}"),
    ]
    assert [one["timestamp"][11:16] for one in world.entries] == ["08:00", "08:55"]


def test_an_account_made_again_is_another_one_and_old_bindings_are_not_its_own(tmp_path: Path) -> None:
    event = "by: user:ops@example.com, on: accounts/uploader@acme-web"
    gone = f"  - {{at: -2h, {event}, did: DeleteServiceAccount}}\n  - {{at: -1h, {event}, did: CreateServiceAccount}}\n"
    before = world_of(read(tmp_path, SMALLEST)).resources
    world = world_of(read(tmp_path, SMALLEST + HISTORY + gone))
    account = f"//iam.googleapis.com/projects/acme-web/serviceAccounts/{EMAIL}"
    old, new = (held[account].body["uniqueId"] for held in (before, world.resources))
    assert old != new
    members = world.resources[BUCKET].policy()["bindings"][0]["members"]
    assert members == [f"deleted:serviceAccount:{EMAIL}?uid={old}"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("did: CreateServiceAccount, on: accounts/uploader@acme-web", "already exists"),
        ("did: DeleteServiceAccount, on: accounts/uploadre@acme-web", "Unknown service account"),
        ("did: DeleteServiceAccount, on: accounts/up@elsewhere", "in none of the projects"),
        ("did: EnableService, on: projects/acme-web", "needs the service"),
        ("did: EnableService, on: buckets/photos, service: run.googleapis.com", "is done on a project"),
        ("did: Delete, on: projects/acme-web", "cannot be deleted here"),
        ("did: SetIamPolicy, on: buckets/photos", "neither added nor removed"),
        ("did: SetIamPolicy, on: buckets/photos, added: [roles/viewer]", "ROLE MEMBER"),
        ("did: SetIamPolicy, on: buckets/photos, added: [r serviceAccount:x@acme-web]", "does not exist"),
    ],
)
def test_what_cannot_have_happened_is_a_problem(tmp_path: Path, event: str, said: str) -> None:
    told = problems(tmp_path, SMALLEST + f"history: [{{at: -5m, by: user:ops@example.com, {event}}}]")
    assert [said in one for one in told] == [True]
    assert told[0].startswith("line 7, history[0]")


def test_a_machine_prints_to_its_console_and_its_agent_is_heard_in_the_logs(tmp_path: Path) -> None:
    machine = """
machines:
  acme-web:
    web-1:
      metadata: {serial-port-logging-enable: "TRUE"}
      serial: {-9m: "one\\ntwo"}
      agent: {heard: [-20m, -8m], codes: [LogApiScopeErr]}
"""
    world = world_of(read(tmp_path, SMALLEST + machine))
    [held] = world.of_kind("instances")
    assert held.hidden["serial"] == "one\ntwo\n"
    logs = [(one["logName"].rpartition("/")[2][:10], one["timestamp"][11:16]) for one in world.entries]
    assert logs == [
        ("ops-agent-", "08:40"),
        ("serialcons", "08:51"),
        ("serialcons", "08:51"),
        ("ops-agent-", "08:52"),
        ("ops-agent-", "08:52"),
    ]
    assert {one["resource"]["labels"]["instance_id"] for one in world.entries} == {held.body["id"]}
    assert world.entries[-1]["jsonPayload"]["code"] == "LogApiScopeErr"


def test_a_console_that_is_not_logged_leaves_no_entries(tmp_path: Path) -> None:
    world = world_of(read(tmp_path, SMALLEST + "machines: {acme-web: {web-1: {serial: {-9m: one}}}}"))
    assert world.entries == []
    assert world.of_kind("instances")[0].hidden["serial"] == "one\n"


def test_how_a_machine_misbehaves_and_what_else_it_is_are_checked_as_well(tmp_path: Path) -> None:
    machine = "machines: {acme-web: {web-1: {behaves: {start_stockout: 3}, body: {disk: [], startRestricted: 7}}}}"
    told = problems(tmp_path, SMALLEST + machine)
    assert told[0].endswith("behaves.start_stockout: not known here; did you mean start_stockouts?")
    places = {one.partition("compute.v1 has no such instance: ")[2].partition(":")[0] for one in told[1:]}
    assert places == {"$", "$.startRestricted"}
    good = "machines: {acme-web: {web-1: {behaves: {managed_by: web}, metadata: {a: b}, flow_logs: false}}}"
    world = world_of(read(tmp_path, SMALLEST + good))
    [held], [subnet] = world.of_kind("instances"), world.of_kind("subnetworks")
    assert [one["key"] for one in held.body["metadata"]["items"]] == ["created-by", "a"]
    assert subnet.body["enableFlowLogs"] is False


def test_the_world_is_older_than_its_history(tmp_path: Path) -> None:
    told = problems(
        tmp_path, SMALLEST + "history: [{at: -91d, by: user:o@example.com, did: Delete, on: buckets/photos}]"
    )
    assert "'-91d' is more than 90 days ago" in told[0]
    far = SMALLEST + "grants: [{role: roles/viewer, to: allUsers, on: buckets/photos, until: -99999d}]"
    assert world_of(read(tmp_path, far)).resources[BUCKET].policies[0][0] < NOW - timedelta(days=90)


@pytest.mark.parametrize(
    ("call", "log", "kind", "labels"),
    [
        ("as: user:ann@example.com", "acme-web/logs/client", "global", {}),
        (
            "as: serviceAccount:uploader@acme-web",
            "acme-web/logs/run.googleapis.com%2Fstderr",
            "cloud_run_revision",
            {"service_name": "worker"},
        ),
        (
            "as: key:uploader@acme-web, printed_on: pods/shop/cart-1",
            "acme-web/logs/stderr",
            "k8s_container",
            {"namespace_name": "shop", "pod_name": "cart-1"},
        ),
        (
            "as: serviceAccount:uploader@acme-web, printed_on: run_services/web",
            "acme-web/logs/run.googleapis.com%2Fstderr",
            "cloud_run_revision",
            {"service_name": "web"},
        ),
        ("as: vm:web-1", "acme-data/logs/app", "gce_instance", {"zone": "europe-west1-b"}),
    ],
)
def test_the_program_that_calls_logs_where_it_runs(
    tmp_path: Path, call: str, log: str, kind: str, labels: dict[str, str]
) -> None:
    machine = "machines: {acme-data: {web-1: {account: uploader@acme-web}}}"
    text = SMALLEST.replace("as: serviceAccount:uploader@acme-web", call) + machine
    scenario = read(tmp_path, text)
    assert scenario.spec.call is not None
    world = world_of(scenario)
    workload = workload_of(world, scenario.spec.call, lambda at, said: pytest.fail(f"{at}: {said}"))
    outcome = Outcome(accepted=False, status=403, error="google.api_core.exceptions.Forbidden", text="403 no")
    entry = write_application_entry(world, workload, outcome)
    assert entry["logName"] == f"projects/{log}"
    assert entry["resource"]["type"] == kind
    assert labels.items() <= entry["resource"]["labels"].items()
    said = "google.api_core.exceptions.Forbidden: 403 no"
    assert (entry.get("textPayload") or entry["jsonPayload"]["message"]) == said
    assert ("jsonPayload" in entry) is (kind == "gce_instance")


@pytest.mark.parametrize(
    ("scopes", "whole"),
    [
        ("default", 6),
        ("cloud-platform", ["https://www.googleapis.com/auth/cloud-platform"]),
        ("[pubsub, https://www.googleapis.com/auth/compute]", ["https://www.googleapis.com/auth/pubsub", "https://www.googleapis.com/auth/compute"]),
    ],
)  # fmt: skip
def test_scopes_are_written_short(tmp_path: Path, scopes: str, whole: Any) -> None:
    machine = f"machines: {{acme-web: {{web-1: {{account: uploader@acme-web, scopes: {scopes}}}}}}}"
    [held] = world_of(read(tmp_path, SMALLEST + machine)).of_kind("instances")
    assert held.body["serviceAccounts"][0]["email"] == EMAIL
    assert held.body["serviceAccounts"][0]["scopes"] == whole or len(held.body["serviceAccounts"][0]["scopes"]) == whole


def test_deny_policies_are_written_in_the_words_of_allow_policies(tmp_path: Path) -> None:
    deny = (
        "deny: [{on: folders/web, permissions: [iam.serviceAccounts.actAs], title: t, "
        "principals: [everyone, group:web@example.com], except: ['serviceAccount:uploader@acme-web', user:ann@example.com]}]"
    )
    [policy] = world_of(read(tmp_path, SMALLEST + deny)).deny_policies.values()
    assert policy["name"] == "policies/cloudresourcemanager.googleapis.com%2Ffolders%2F1001/denypolicies/deny-1"
    assert policy["rules"][0]["denyRule"] == {
        "deniedPermissions": ["iam.googleapis.com/serviceAccounts.actAs"],
        "deniedPrincipals": ["principalSet://goog/public:all", "principalSet://goog/group/web@example.com"],
        "exceptionPrincipals": [
            f"principal://iam.googleapis.com/projects/-/serviceAccounts/{EMAIL}",
            "principal://goog/subject/ann@example.com",
        ],
    }


def test_a_name_that_may_mean_two_things_must_be_written_whole(tmp_path: Path) -> None:
    text = SMALLEST + "topics: {acme-web: [orders], acme-data: [orders]}\n"
    told = problems(tmp_path, text + "grants: [{role: roles/viewer, to: user:a@example.com, on: topics/orders}]")
    assert "write the full name" in told[0]
    whole = "//pubsub.googleapis.com/projects/acme-data/topics/orders"
    world = world_of(read(tmp_path, text + f"grants: [{{role: roles/viewer, to: user:a@example.com, on: {whole}}}]"))
    assert world.resources[whole].policy()["bindings"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("-5m", NOW - timedelta(minutes=5)),
        ("+2h", NOW + timedelta(hours=2)),
        ("-1d", NOW - timedelta(days=1)),
        ("2026-11-21T09:00:00Z", NOW),
        ("2026-11-21T09:00:00", None),
        ("-5", None),
        ("-m", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_times_are_absolute_or_relative_to_now(text: str, at: datetime | None) -> None:
    assert names.time(text, NOW) == at


def test_a_scenario_is_found_by_name_or_by_path_and_a_misspelt_one_is_told(tmp_path: Path) -> None:
    assert find("upload-deny-policy") == shipped()["upload-deny-policy"]
    own = tmp_path / "own.yaml"
    own.write_text(SMALLEST)
    assert find(str(own)) == own
    with pytest.raises(NotFound, match="did you mean upload-deny-policy"):
        find("upload-deny-polcy")


def spoilt(value: Any) -> list[Any]:
    """A document again and again, each time with another of its parts replaced by nonsense."""
    found: list[Any] = []

    def walk(node: Any, path: tuple[Any, ...]) -> None:
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
            found.append((*path, key))
            if isinstance(inner, dict | list):
                walk(inner, (*path, key))

    walk(value, ())
    made = []
    for path in found:
        for nonsense in ("no/sense", "", [], {}, "vm:", "-5m"):
            document = copy.deepcopy(value)
            node = document
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = nonsense
            made.append(document)
    return made


@pytest.mark.parametrize(
    "name", ["upload-deny-exception", "story3-oom-and-role", "table-deny-policy", "api-just-enabled"]
)
def test_nonsense_in_any_place_is_a_problem_or_harmless_and_never_a_crash(name: str, tmp_path: Path) -> None:
    refused = 0
    for wrong in spoilt(yaml.safe_load(shipped()[name].read_text())):
        try:
            read(tmp_path, yaml.safe_dump(wrong))
        except ScenarioError as error:
            refused += bool(error.problems)
    assert refused > 20


def test_only_its_own_command_and_the_demo_import_the_sandbox(root: Path) -> None:
    users = set()
    for file in [*(root / "shared").rglob("*.py"), *(root / "functions").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            named = (
                [module or ""]
                if module
                else [one.name for one in getattr(node, "names", ()) if isinstance(node, ast.Import)]
            )
            if any(one.split(".")[0] == "sandbox" for one in named):
                users.add(str(file.relative_to(root)))
    assert users == {"shared/cli/sandbox.py", "shared/cli/demo_apply.py"}


def test_the_page_documents_every_field_and_word_and_its_example_works(root: Path, tmp_path: Path) -> None:
    page = (root / "docs/sandbox.md").read_text()
    parts = (scenario_spec.Spec, scenario_spec.CallPart, scenario_spec.Event, scenario_spec.Grant, scenario_spec.Deny,
             scenario_spec.Machine, scenario_spec.Agent, scenario_spec.Truth, scenario_spec.Project, scenario_spec.Account,
             scenario_spec.Folder, scenario_spec.Organization, scenario_spec.Reader, scenario_spec.FaultPart,
             scenario_spec.Role, scenario_spec.Subscription)  # fmt: skip
    fields = {one.encode_name for part in parts for one in msgspec.structs.fields(part)}
    done = get_args(get_type_hints(scenario_spec.Event)["did"])
    assert {word for word in (*fields, *COLLECTIONS, *done) if f"`{word}`" not in page} == set()
    [example] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    shown, ships = read(tmp_path, example).spec, load(shipped()["upload-condition-expired"], FakeClock()).spec
    assert shown == msgspec.structs.replace(ships, truth=msgspec.structs.replace(ships.truth, twins=""))
