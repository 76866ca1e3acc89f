"""An identity that lacks what its code calls is found, and one that may more than that: through bindings, here or above."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_deployments import HOME, ORGANIZATION, PLACE, WEB, deployment, member, policy
from msgspec.structs import replace

from shared.adapters.firestore_database import CONCERNS
from shared.doctor.expected import WRITES, stored
from shared.doctor.finding import Finding, Severity
from shared.doctor.identities import identities
from shared.model.deployment import Carrier, Deployment, Untold
from shared.model.facts import Condition

EVERY = ("detect", "approve", "execute-iam", "sweep")
OWNER, EDITOR = "roles/owner", "roles/editor"
ELSEWHERE = Condition(expression="request.time < timestamp('2027-01-01T00:00:00Z')")


def with_binding(made: Deployment, on: str, role: str, who: str, *condition: Condition) -> Deployment:
    """The same deployment with one more binding of a role that changes machines and policies."""
    carrier = made.containers[on]
    assert isinstance(carrier, Carrier)
    more = policy(on, (role, who, *condition)).bindings  # type: ignore[arg-type]
    told = replace(carrier, policy=replace(carrier.policy, bindings=(*carrier.policy.bindings, *more)))
    strong = frozenset({"compute.instances.delete", "resourcemanager.projects.setIamPolicy", "storage.objects.get"})
    return replace(made, containers=made.containers | {on: told}, roles=made.roles | {role: strong})


def without(made: Deployment, on: str, who: str) -> Deployment:
    """The same deployment without any binding of a member on a container."""
    carrier = made.containers[on]
    assert isinstance(carrier, Carrier)
    kept = tuple(one for one in carrier.policy.bindings if who not in one.members)
    told = replace(carrier, policy=replace(carrier.policy, bindings=kept))
    return replace(made, containers=made.containers | {on: told})


def wrong(made: Deployment) -> list[Finding]:
    return [one for one in identities(made) if one.severity is Severity.WRONG]


@pytest.mark.parametrize(
    "names",
    [
        ("detect",),
        ("detect", "approve"),
        EVERY,
        ("detect", "execute-api", "sweep"),
        ("detect", "execute-compute", "sweep"),
    ],
)
def test_what_terraform_gives_is_what_is_needed_and_no_more(names: tuple[str, ...]) -> None:
    assert {one.severity for one in identities(deployment(*names))} == {Severity.OK}


@pytest.mark.parametrize(
    ("on", "who", "address"),
    [
        (ORGANIZATION, "detect", 'google_organization_iam_member.reader["detect"]'),
        (ORGANIZATION, "sweep", 'google_organization_iam_member.reader["sweep"]'),
        (HOME, "sweep", 'google_project_iam_member.store["guards/sweep"]'),
        (WEB, "execute-iam", 'google_project_iam_member.fixer["execute-iam/grant_writer/acme-web"]'),
        (WEB, "sweep", 'google_project_iam_member.fixer["sweep/grant_writer/acme-web"]'),
        (HOME, "approve", 'google_project_iam_member.store["ballots/approve"]'),
    ],
)
def test_what_is_missing_is_given_by_the_resource_that_makes_it(on: str, who: str, address: str) -> None:
    found = wrong(without(deployment(*EVERY), on, member(who)))
    assert f"terraform apply -target='{address}'" in {one.mend for one in found}
    assert all(one.what.startswith(f"{who} may not ") for one in found)


def test_where_nothing_is_looked_into_the_reader_is_not_missed_and_the_accounting_is() -> None:
    made = deployment("detect")
    (detect,) = made.named.values()
    quiet = replace(made, functions=(replace(detect, settings={"UNFORBID_LOOK": "never"}),))
    (found,) = [
        one
        for one in wrong(without(without(quiet, ORGANIZATION, member("detect")), HOME, member("detect")))
        if "accounting" in one.what
    ]
    assert found.mend == "terraform apply -target='google_project_iam_member.accounted[\"detect\"]'"
    assert not wrong(without(quiet, ORGANIZATION, member("detect")))


def test_a_module_stands_before_every_address() -> None:
    made = without(deployment(), ORGANIZATION, member("detect"))
    (found,) = wrong(replace(made, place=replace(made.place, module="module.unforbid.")))
    assert found.mend == "terraform apply -target='module.unforbid.google_organization_iam_member.reader[\"detect\"]'"


@pytest.mark.hazard("H38")
@pytest.mark.invariant("I29")
@pytest.mark.parametrize("who", EVERY)
@pytest.mark.parametrize("on", [HOME, ORGANIZATION, WEB])
@pytest.mark.parametrize("condition", [(), (ELSEWHERE,)])
def test_nobody_of_ours_may_change_more_than_is_their_part(who: str, on: str, condition: tuple[Condition, ...]) -> None:
    made = with_binding(deployment(*EVERY), on, OWNER, member(who), *condition)
    found = wrong(made)
    assert found
    for one in found:
        assert one.what.startswith(f"{who} may ")
        assert "compute.instances.delete" in one.what
        assert f"--member={member(who)} --role={OWNER}" in one.mend


def test_what_is_inherited_is_found_where_it_would_matter_and_taken_away_where_it_stands() -> None:
    found = wrong(with_binding(deployment("detect"), ORGANIZATION, EDITOR, member("detect")))
    assert any("projects/acme-web" in one.what and "inherited from organizations/1" in one.what for one in found)
    assert {one.mend.split(" --member")[0] for one in found} == {"gcloud organizations remove-iam-policy-binding 1"}


def test_a_role_for_everybody_is_a_role_of_ours_too() -> None:
    assert wrong(with_binding(deployment("detect"), WEB, EDITOR, "allAuthenticatedUsers"))


@pytest.mark.invariant("I29")
def test_approve_has_nothing_outside_its_own_project_not_even_to_read() -> None:
    made = with_binding(deployment("detect", "approve"), WEB, "roles/x", member("approve"))
    reads = replace(made, roles=made.roles | {"roles/x": frozenset({"storage.buckets.get"})})
    (found,) = wrong(reads)
    assert "approve may storage.buckets.get on projects/acme-web" in found.what
    harmless = with_binding(deployment("detect", "approve"), WEB, "roles/x", member("detect"))
    assert not wrong(replace(harmless, roles=harmless.roles | {"roles/x": frozenset({"storage.buckets.get"})}))


@pytest.mark.hazard("H38")
@pytest.mark.invariant("I29")
def test_whoever_writes_policies_without_a_condition_on_the_roles_may_hand_out_every_role() -> None:
    made = deployment(*EVERY)
    carrier = made.containers[WEB]
    assert isinstance(carrier, Carrier)
    bindings = tuple(replace(one, condition=None) for one in carrier.policy.bindings)
    loose = replace(carrier, policy=replace(carrier.policy, bindings=bindings))
    found = wrong(replace(made, containers=made.containers | {WEB: loose}))
    assert {one.what.partition(" may ")[0] for one in found} == {"execute-iam", "sweep"}
    assert all("may hand out every role on projects/acme-web" in one.what for one in found)


def test_a_database_role_without_its_database_is_a_role_for_all_of_them() -> None:
    made = deployment("detect")
    found = wrong(with_binding(made, HOME, "roles/datastore.user", member("detect")))
    assert found


@pytest.mark.hazard("H44")
@pytest.mark.parametrize(("who", "database"), [("approve", "journal"), ("detect", "journal"), ("approve", "runs")])
def test_a_database_that_is_not_its_part_to_write_is_too_much(who: str, database: str) -> None:
    only = Condition(expression=f'resource.name == "projects/acme-unforbid/databases/unforbid-{database}"')
    made = with_binding(deployment(*EVERY), HOME, "roles/datastore.owner", member(who), only)
    writes = replace(made, roles=made.roles | {"roles/datastore.owner": WRITES})
    (found,) = wrong(writes)
    assert found.what.startswith(f"{who} may datastore.entities.create")


def test_every_database_of_the_code_and_of_terraform_has_its_writers_and_readers(root: Path) -> None:
    told = {name for who in EVERY for name in stored(who, mends=True)}
    written = (root / "terraform/store.tf").read_text().partition("  writers = {")[2].partition("\n  }")[0]
    assert told == set(CONCERNS) == {line.split()[0] for line in written.splitlines() if line.strip()}


def test_what_could_not_be_read_is_never_fine() -> None:
    made = deployment(*EVERY)
    gap = Untold("no answer")
    for broken in (
        replace(made, containers=made.containers | {ORGANIZATION: gap}),
        replace(made, above=made.above | {WEB: gap, HOME: gap, ORGANIZATION: gap}),
        replace(made, roles=dict.fromkeys(made.roles, gap)),
        replace(made, functions=gap),
    ):
        found = list(identities(broken))
        assert Severity.UNTOLD in {one.severity for one in found}
        assert not [one for one in found if one.severity is Severity.WRONG]
        assert not any(one.severity is Severity.OK and one.what.startswith("detect may change") for one in found)


def test_what_is_known_to_be_too_much_is_wrong_even_if_the_rest_is_not_known() -> None:
    made = with_binding(deployment("detect"), WEB, OWNER, member("detect"))
    assert wrong(replace(made, containers=made.containers | {ORGANIZATION: Untold("no answer")}))


def test_a_trial_that_watches_its_own_project_needs_nothing_above() -> None:
    made = deployment()
    trial = replace(made, place=replace(PLACE, watch="projects/acme-unforbid", fix_projects=(), module=""))
    home = made.containers[HOME]
    organization = made.containers[ORGANIZATION]
    assert isinstance(home, Carrier)
    assert isinstance(organization, Carrier)
    both = replace(home, policy=replace(home.policy, bindings=home.policy.bindings + organization.policy.bindings))
    assert {one.severity for one in identities(replace(trial, containers={HOME: both}, above={HOME: ()}))} == {
        Severity.OK
    }
