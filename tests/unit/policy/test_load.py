"""A policy file is used whole or not at all, and whoever wrote it is told everything at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from catalogues import role
from rulebooks import NOW, loaded

from shared.errors import Permanent, PolicyError
from shared.grants.catalogue import Catalogue, pack
from shared.model.decision import ASK, AUTO, IGNORE
from shared.policy.load import load

HEAD = 'version: 1\napprovers: {owners: {group_id: "03abc"}, security: {group_id: "01xyz"}}\nrules:\n'
GRANT = "action: grant_role, roles: roles/logging.logWriter"
NAMED = "principal: {service_accounts_of: target_project}, permission: logging.logEntries.create"
AUTO_RULE = f"- id: a\n  when: {{{NAMED}, target: {{under: folders/1}}}}\n  then: {{mode: auto, {GRANT}}}\n"

TEN_MISTAKES = """\
version: 1
defaults: {mode: auto}
approver: {owners: {group_id: "03abc"}}
approvers:
  owners: {group_id: "03abc"}
rules:
  - id: one
    when: {cause: iam.alow_missing}
    then: {mode: aprove, action: grant_role}
  - id: two
    when: {permission: storage.*}
    then: {mode: notify, mode: ignore}
  - id: two
    when: {principal: {is: "user:\u0430lice@example.com"}}
    then: {mode: ignore, until: 2026-11-20, reason: old}
  - id: four
    when: {cause: iam.allow_missing}
    then: {mode: approve, action: grant_role, roles: roles/owner, approvers: owner}
  - id: five
    when: {permission: logging.logEntries.create}
    then: {mode: auto, action: grant_role, roles: roles/logging.logWriter, hours: 9}
  - id: six
    when: {cause: cred.scope.gce}
    then: {mode: approve, action: vm_scopes, approvers: owners, window: weekdays}
"""
TOLD = """\
the policy is refused whole, for 15 problems:
  line 2, column 18: mode is notify here, and nothing else
  line 3, column 1: 'approver' is not a key that is known here; did you mean approvers?
  line 8, column 19: there is no cause 'iam.alow_missing'; did you mean iam.allow_missing?
  line 9, column 18: 'aprove' is not a mode that is known; did you mean approve?
  line 11, column 24: 'storage.*' is a pattern: every name is written out in full, and `*` never matches anything
  line 12, column 26: 'mode' stands here twice, first on line 12: keep one
  line 13, column 9: the id 'two' is used twice, first on line 10: rename one
  line 14, column 28: 'user:\\u0430lice@example.com' holds characters outside printable ASCII: names that only look alike are refused
  line 15, column 33: 2026-11-20 is over: this rule ignores nothing any more; delete it or say a later day
  line 18, column 54: roles/owner is a basic role: it is never granted; name the role that holds just what is missing
  line 18, column 78: there is no group 'owner' among the approvers; did you mean owners?
  line 21, column 18: auto acts without a person, so the rule has to name a principal (is, in_group or service_accounts_of) and a target (is, or under a folder or project)
  line 21, column 83: 9 hours are too long: a grant without a person lasts at most 8
  line 24, column 57: vm_scopes interrupts a machine, so two people have to agree: name the owners and security
  line 24, column 73: a window is days, times and a time zone: write it as Mon-Thu 09:00-16:00 Europe/Rome"""


def refusal(text: str, **known: Any) -> str:
    with pytest.raises(PolicyError) as refused:
        loaded(text, **known)
    return str(refused.value)


def rules(*lines: str) -> str:
    return HEAD + "".join(f"  - {line}\n" for line in lines)


@pytest.mark.hazard("H33")
def test_every_mistake_is_told_at_once_with_its_line_and_what_to_write_instead() -> None:
    assert refusal(TEN_MISTAKES) == TOLD


def test_a_good_file_says_what_it_says_and_is_known_by_its_digest() -> None:
    found = loaded(HEAD + AUTO_RULE)
    assert [(one.id, one.then.mode) for one in found.rules] == [("a", AUTO)]
    assert len(found.digest) == 64
    assert loaded(HEAD + AUTO_RULE + "# a remark").digest != found.digest


def test_a_refused_file_is_never_worth_trying_again() -> None:
    assert issubclass(PolicyError, Permanent)


@pytest.mark.hazard("H33")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("[1, 2]", "a mapping is expected here, not a list"),
        ("version: 2", "version is 1, not '2'"),
        ('version: "1"', "version is 1, not '1'"),
        ("version: 1\nrules:\n", "rules is blank, and blank means nothing"),
        ("version: 1\nrules: []\n", "rules is an empty list, and empty means nothing"),
        ("version: 1\napprovers: {}\n", "this mapping is empty, and empty means nothing"),
        ("version: 1\napprovers: {owners: }\n", "this is blank, and blank means nothing"),
        ("version: 1\napprovers: {o: {group_id: ''}}\n", "group_id is blank"),
        ("version: 1\napprovers: {o: {group_id: g1, need: 0}}\n", "need is a whole number from 1 to 10, not '0'"),
        ("version: 1\napprovers: {o: {group_id: groups/g1}}\n", "no id of a directory group"),
        ("version: 1\nversion: 1\n", "'version' stands here twice"),
        ("version: &v 1\n", "references (&name, *name) are not read"),
        ("version: 1\ndefaults: *d\n", "references (&name, *name) are not read"),
        ("version: !!int 1\n", "tags (!name) are not read"),
        ("version: 1\n<<: {rules: 1}\n", "'<<' is not a key"),
        ("version: 1\n---\nversion: 1\n", "this is not YAML"),
        ("version: 1\n? [a]\n: b\n", "a name is expected here as a key"),
        ("a: \x01", "this is not YAML: unacceptable character"),
        ("version: 1\nrules: " + "[" * 40, "nested more than 32 deep"),
        ("version: 1\nrules: " + "{a: " * 40, "nested more than 32 deep"),
        ("# " + "x" * 1_048_576, "at most 1048576 are read"),
        ("version: 1\ndefaults: {hours: 9}", "hours is a whole number from 1 to 8, not '9'"),
        ("version: 1\ndefaults: {approval_minutes: 31}", "approval_minutes is a whole number from 1 to 30"),
    ],
)
def test_what_is_malformed_is_refused_with_a_sentence(text: str, told: str) -> None:
    assert told in refusal(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(PolicyError, match="this is not YAML"):
        load(b"version: \xff\xfe", now=NOW)


@pytest.mark.hazard("H33")
@pytest.mark.parametrize(
    ("when", "then", "told"),
    [
        ("{cause: api.disabled}", "{mode: notify, hours: 3}", "hours means nothing in a rule of mode notify"),
        ("{cause: api.disabled}", f"{{mode: approve, {GRANT}}}", "has to say approvers: who is asked?"),
        ("{cause: api.disabled}", f"{{mode: approve, {GRANT}, approvers: []}}", "approvers is an empty list"),
        ("{cause: api.disabled}", "{mode: approve, approvers: owners}", "has to say action"),
        ("{cause: api.disabled}", "{mode: approve, action: grant, approvers: owners}", "did you mean grant_role?"),
        (
            "{cause: api.disabled}",
            "{mode: approve, action: grant_role, approvers: owners}",
            "grant_role needs the roles",
        ),
        (
            "{cause: api.disabled}",
            "{mode: approve, action: enable_api, approvers: owners}",
            "enable_api needs the services",
        ),
        (
            "{cause: api.disabled}",
            "{mode: dry_run, action: enable_api, roles: roles/browser}",
            "roles belongs to grant_role",
        ),
        (
            "{cause: api.disabled}",
            f"{{mode: approve, {GRANT}, approvers: [owners, owners]}}",
            "stands in this list twice",
        ),
        (
            "{cause: api.disabled}",
            f"{{mode: approve, {GRANT}, approvers: owners, hours: 25}}",
            "by one person lasts at most 24",
        ),
        (
            "{cause: api.disabled}",
            f"{{mode: approve, {GRANT}, approvers: [owners, security], hours: 73}}",
            "from 1 to 72",
        ),
        (
            "{cause: api.disabled}",
            f"{{mode: approve, {GRANT}, approvers: owners, proof: strong}}",
            "nobody could ever agree",
        ),
        ("{cause: api.disabled}", "{mode: ignore, reason: x}", "has to say until: what is ignored has to come back"),
        ("{cause: api.disabled}", "{mode: ignore, until: 2027-01-31}", "has to say reason"),
        ("{cause: api.disabled}", "{mode: ignore, until: 2028-01-31, reason: x}", "more than a year away"),
        ("{cause: api.disabled}", "{mode: ignore, until: 31.1.2027, reason: x}", "is no day: write it as 2027-01-31"),
        ("{cause: api.disabled}", "{mode: ignore, until: 20270131, reason: x}", "is no day: write it as 2027-01-31"),
        ("{}", "{mode: notify}", "this mapping is empty, and empty means nothing"),
        ("{target: {labels: {}}}", "{mode: notify}", "this mapping is empty, and empty means nothing"),
        ("{source: log}", "{mode: notify}", "is not a source that is known; known are audit, google, text"),
        ("{permission: storage.objects}", "{mode: notify}", "is no permission"),
        ("{permission: iam.serviceaccounts.actas}", "{mode: notify}", "did you mean iam.serviceAccounts.actAs?"),
        (
            "{permission: iam.roles.update}",
            f"{{mode: approve, {GRANT}, approvers: owners}}",
            "never handed out by a machine",
        ),
        ("{principal: {is: allUsers}}", "{mode: notify}", "more than one identity, or none"),
        ("{principal: {is: 'group:a@example.com'}}", "{mode: notify}", "use in_group with the group's id"),
        ("{principal: {is: a@example.com}}", "{mode: notify}", "is no IAM member"),
        ("{principal: {is: 'user:a@p.iam.gserviceaccount.com'}}", "{mode: notify}", "is no address of a user"),
        ("{principal: {is: 'principal://iam.googleapis.com/x'}}", "{mode: notify}", "is not one subject of a pool"),
        ("{principal: {in_group: a@example.com}}", "{mode: notify}", "the id of a directory group"),
        ("{principal: {service_accounts_of: acme}}", "{mode: notify}", "service_accounts_of is target_project here"),
        ("{target: {is: acme}}", "{mode: notify}", "is no full resource name"),
        ("{target: {is: //cloudresourcemanager.googleapis.com/folders/1}}", "{mode: notify}", "is above a project"),
        ("{target: {under: folders/dev}}", "{mode: notify}", "is no place"),
        ("{target: {kind: buckets}}", "{mode: notify}", "did you mean bucket?"),
    ],
)
def test_a_rule_that_cannot_mean_what_it_says_is_refused(when: str, then: str, told: str) -> None:
    assert told in refusal(rules(f"{{id: a, when: {when}, then: {then}}}"))


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("roles/editor", "is a basic role"),
        ("roles/pubsub.serviceAgent", "a role of Google's own agents"),
        ("logging.logWriter", "is no role"),
        ("folders/1/roles/x", "is no role"),
        ("roles/iam.serviceAccountTokenCreator", "takes two people (T2): it cannot be auto"),
    ],
)
def test_a_role_that_is_never_granted_without_a_person_is_refused(role: str, told: str) -> None:
    assert told in refusal(HEAD + AUTO_RULE.replace("roles/logging.logWriter", role))


def test_custom_roles_are_named_in_full() -> None:
    for role_name in ("projects/acme/roles/logOnly", "organizations/9/roles/log_only"):
        assert loaded(HEAD + AUTO_RULE.replace("roles/logging.logWriter", role_name)).rules[0].then.roles == (
            role_name,
        )


@pytest.mark.hazard("H03")
def test_what_a_role_holds_counts_where_the_roles_were_read() -> None:
    known = Catalogue(
        pack([role("roles/logging.logWriter", "logging.logEntries.create", "logging.sinks.update")], NOW, "t")
    )
    assert "it holds logging.sinks.update" in refusal(HEAD + AUTO_RULE, catalogue=known)
    unknown = Catalogue(pack([role("roles/other", "logging.logEntries.create")], NOW, "t"))
    assert "not among the organisation's roles" in refusal(HEAD + AUTO_RULE, catalogue=unknown)
    two_people = Catalogue(pack([role("roles/logging.logWriter", "secretmanager.versions.access")], NOW, "t"))
    assert "takes two people (T2), for it holds" in refusal(HEAD + AUTO_RULE, catalogue=two_people)


@pytest.mark.invariant("I04")
@pytest.mark.parametrize(
    ("removed", "told"),
    [
        ("principal: {service_accounts_of: target_project}, ", "has to name a principal"),
        (", permission: logging.logEntries.create", "has to name each permission"),
        (", target: {under: folders/1}", "has to name a target"),
    ],
)
def test_what_acts_without_a_person_names_principal_permission_and_target(removed: str, told: str) -> None:
    assert removed in AUTO_RULE
    assert told in refusal(HEAD + AUTO_RULE.replace(removed, ""))


@pytest.mark.parametrize(
    ("was", "wide", "told"),
    [
        ("under: folders/1", "kind: project", "has to name a target"),
        ("under: folders/1", "labels: {env: dev}", "has to name a target"),
        ("under: folders/1", "under: organizations/9", "a whole organisation is no named target"),
        (
            "service_accounts_of: target_project",
            "is: 'principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/s'",
            "comes from outside",
        ),
        ("permission: logging.logEntries.create", "permission: secretmanager.versions.access", "takes two people (T2)"),
        ("{principal", "{source: [audit, text], principal", "auto believes the audit log only: text"),
        ("mode: auto", "mode: auto, approvers: owners", "approvers means nothing in a rule of mode auto"),
        ("mode: auto", "mode: auto, hours: 9", "lasts at most 8"),
    ],
)
def test_what_acts_without_a_person_is_narrow(was: str, wide: str, told: str) -> None:
    assert told in refusal(HEAD + AUTO_RULE.replace(was, wide, 1))


@pytest.mark.hazard("H43")
def test_a_machine_is_never_interrupted_without_two_people() -> None:
    alone = "{id: a, when: {cause: cred.scope.gce, target: {under: folders/1}}, then: {mode: auto, action: vm_scopes}}"
    assert "it is never auto" in refusal(rules(alone))
    one = "{id: a, when: {cause: cred.scope.gce}, then: {mode: approve, action: vm_scopes, approvers: owners}}"
    assert "two people have to agree" in refusal(rules(one))
    two = one.replace("owners}", "[owners, security]}")
    assert loaded(rules(two)).rules[0].then.mode is ASK


APIS = "{id: a, when: {source: [audit, text], cause: api.disabled, target: {under: projects/acme}}, then: {mode: auto, action: enable_api, services: pubsub.googleapis.com}}"


@pytest.mark.hazard("H42")
@pytest.mark.invariant("I05")
@pytest.mark.parametrize(
    ("was", "wide", "told"),
    [
        (
            "pubsub.googleapis.com",
            "compute.googleapis.com",
            "never enabled without a person: it creates the Compute Engine",
        ),
        (", services: pubsub.googleapis.com", "", "enable_api needs the services"),
        ("pubsub.googleapis.com", "pubsub", "is no API"),
        ("under: projects/acme", "under: folders/1", "each project by is or under"),
        (", target: {under: projects/acme}", "", "has to name a target"),
    ],
)
def test_an_api_is_enabled_by_itself_only_by_its_name_in_projects_named(was: str, wide: str, told: str) -> None:
    assert loaded(rules(APIS)).rules[0].then.mode is AUTO
    assert told in refusal(rules(APIS.replace(was, wide)))


@pytest.mark.hazard("H19")
def test_strong_proof_may_be_asked_for_once_it_can_be_given() -> None:
    asking = f"{{id: a, when: {{cause: gcs.iam}}, then: {{mode: approve, {GRANT}, approvers: owners, proof: strong}}}}"
    (found,) = loaded(rules(asking), strong=True).rules
    assert [one.strong for one in found.then.quorums] == [True]


def test_a_rule_that_ignores_may_be_written_until_its_last_day() -> None:
    probe = "{id: a, when: {cause: gcs.iam}, then: {mode: ignore, until: 2026-11-21, reason: x}}"
    assert loaded(rules(probe)).rules[0].then.mode is IGNORE
    assert "is over" in refusal(rules(probe), now=NOW + timedelta(days=1))


def test_a_bucket_may_be_named_as_either_of_google_s_pages_name_it() -> None:
    found = loaded(rules("{id: a, when: {target: {is: //storage.googleapis.com/b}}, then: {mode: notify}}"))
    target = found.rules[0].when.target
    assert target is not None
    assert target.exactly == ("//storage.googleapis.com/projects/_/buckets/b",)


def test_a_thousand_problems_are_told_as_the_first_hundred() -> None:
    with pytest.raises(PolicyError) as refused:
        loaded("version: 1\n" + "".join(f"k{nth}: 1\n" for nth in range(1000)))
    assert len(refused.value.problems) == 100


@pytest.mark.parametrize("name", ["observe", "careful", "mature"])
def test_the_examples_are_good(root: Path, name: str) -> None:
    assert load((root / f"policies/{name}.yaml").read_bytes(), now=NOW).rules
