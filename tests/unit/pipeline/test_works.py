"""Plan -> works: everything that carrying it out takes, fixed, and a hash that is another one as soon as any of it differs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from entries import PROJECT, audit, on_vm
from msgspec.structs import replace

from shared.actions import Known, Reset
from shared.errors import Refused
from shared.model.denial import Denial
from shared.model.machine import ChangeKind, Resize, ScopeChange
from shared.model.names import Role
from shared.model.plan import Action, Plan, Tier
from shared.model.role import CatalogueOrigin, RoleProof
from shared.model.work import Access, Attached, Enable, Grant, MachineName, Recover
from shared.pipeline.classify import classify
from shared.pipeline.read import read
from shared.pipeline.works import Terms, longest, proposal

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS = Terms(run="r-1", earlier=0, now=NOW, lasts=HOUR)
BUCKET = "//storage.googleapis.com/projects/_/buckets/b"
TOPIC = f"//pubsub.googleapis.com/projects/{PROJECT}/topics/t"
VM = f"//compute.googleapis.com/projects/{PROJECT}/zones/europe-west1-b/instances/42"
API = "//serviceusage.googleapis.com/projects/7/services/storage.googleapis.com"
APP = f"app@{PROJECT}.iam.gserviceaccount.com"
MACHINE = MachineName(project=PROJECT, zone="europe-west1-b", name="vm-1", id="42")
CHANGE = ScopeChange(kind=ChangeKind.ADD_SCOPE, account=APP, scopes=("s1", "s2"), why="w")
KNOWN = Known(machine_id="42", machine_name="vm-1", scope_change=CHANGE, reset=Reset(why="silent"))


def denied(entry: dict[str, Any] | None = None) -> Denial:
    found = classify(
        read(json.dumps(entry or audit(permission="storage.objects.get", resource="projects/_/buckets/b")).encode())
    )
    assert isinstance(found, Denial)
    return found


def action(name: str = "grant_role", target: str | None = BUCKET, tier: Tier = Tier.T1, **more: Any) -> Action:
    default = {"changes": True, "member": None, "role": None, "why": "w", "undo": None}
    if name == "grant_role":
        default |= {"member": f"serviceAccount:{APP}", "role": Role("roles/storage.objectViewer")}
    return Action(action=name, target=target, tier=tier, **default | more)


def made(*actions: Action, terms: Terms = TERMS, known: Known | None = KNOWN, denial: Denial | None = None) -> Any:
    return proposal(denial or denied(), Plan(actions), known, terms)


@pytest.mark.hazard("H12")
@pytest.mark.invariant("I07", "I08", "I32")
def test_a_grant_ends_by_its_own_condition_which_names_the_run_and_holds_a_time_of_ours() -> None:
    (work,) = made(action()).works
    assert isinstance(work, Grant)
    assert (work.resource, work.role, work.member) == (BUCKET, "roles/storage.objectViewer", f"serviceAccount:{APP}")
    assert work.until == NOW + HOUR
    assert work.condition is not None
    assert work.condition.title == "unforbid r-1"
    assert work.condition.expression == 'request.time < timestamp("2026-11-21T10:00:00Z")'


@pytest.mark.invariant("I07")
def test_where_no_condition_is_taken_the_grant_has_an_end_all_the_same() -> None:
    (work,) = made(action(target=TOPIC)).works
    assert isinstance(work, Grant)
    assert (work.condition, work.until) == (None, NOW + HOUR)


@pytest.mark.hazard("H04")
def test_what_a_role_held_when_it_was_chosen_is_kept_with_the_grant() -> None:
    origin = CatalogueOrigin(at=NOW, source="s")
    proof = RoleProof(permissions=(), why="w", candidates=(), digest="d1", catalogue=origin)
    (work,) = made(action(proof=proof)).works
    assert isinstance(work, Grant)
    assert work.role_digest == "d1"


def test_a_bucket_without_uniform_access_takes_no_condition_and_the_grant_still_ends() -> None:
    (work,) = made(action(), known=replace(KNOWN, with_lists=frozenset({BUCKET}))).works
    assert (work.condition, work.until) == (None, NOW + HOUR)
    (other,) = made(action(), known=replace(KNOWN, with_lists=frozenset({f"{BUCKET}-2"}))).works
    assert other.condition is not None


def test_each_kind_of_step_becomes_its_work_in_the_order_of_the_plan() -> None:
    steps = (action("enable_api", API), action(), action("vm_scopes", VM), action("vm_recover", VM))
    was = Attached(account=APP, scopes=("s1",))
    works = made(*steps, known=replace(KNOWN, attached=was)).works
    assert [type(work) for work in works] == [Enable, Grant, Access, Recover]
    assert works[0] == Enable(project="projects/7", service="storage.googleapis.com")
    assert works[2] == Access(machine=MACHINE, account=APP, scopes=("s1", "s2"), was=was)
    assert works[3] == Recover(machine=MACHINE)


def test_advice_becomes_no_work() -> None:
    assert made(action("advise", changes=False)).works == ()
    assert len(made(action(), action("advise", changes=False, tier=Tier.T3)).works) == 1


def test_a_larger_machine_takes_the_place_of_the_reset_and_names_the_size_it_was_planned_for() -> None:
    known = replace(KNOWN, resize=Resize(machine_type="n2-standard-8", was="n2-standard-4", why="full"))
    (work,) = made(action("vm_recover", VM, Tier.T2), known=known).works
    assert work == Recover(machine=MACHINE, machine_type="n2-standard-8", was="n2-standard-4")


def test_where_something_speaks_against_a_larger_machine_the_reset_is_left() -> None:
    known = replace(KNOWN, resize=Resize(against="its owner keeps its size"))
    assert made(action("vm_recover", VM, Tier.T2), known=known).works == (Recover(machine=MACHINE),)


@pytest.mark.parametrize(
    ("step", "known"),
    [
        (action(role=None), KNOWN),
        (action(member=None), KNOWN),
        (action(target=None), KNOWN),
        (action("enable_api", "//serviceusage.googleapis.com/projects/7"), KNOWN),
        (action("enable_api", None), KNOWN),
        (action("vm_scopes", VM), None),
        (action("vm_scopes", VM), replace(KNOWN, scope_change=None)),
        (action("vm_scopes", VM), replace(KNOWN, machine_id=None)),
        (action("vm_scopes", VM), replace(KNOWN, machine_name="")),
        (action("vm_scopes", VM), replace(KNOWN, scope_change=replace(CHANGE, kind=ChangeKind.REFUSE))),
        (action("vm_scopes", VM), replace(KNOWN, scope_change=replace(CHANGE, kind=ChangeKind.NONE_NEEDED))),
        (action("vm_scopes", "//compute.googleapis.com/projects/p/instances/42"), KNOWN),
        (action("vm_recover", VM), replace(KNOWN, reset=None)),
        (action("vm_recover", VM), replace(KNOWN, reset=Reset(against="a group"))),
        (action("no_such_action"), KNOWN),
    ],
)
def test_a_plan_is_carried_out_whole_or_not_at_all(step: Action, known: Known | None) -> None:
    with pytest.raises(Refused, match=f"{step.action}.* cannot be carried out: .* so nothing is done"):
        made(action(), step, known=known)


# the hash


def test_the_hash_is_the_same_whenever_the_same_is_put_forward() -> None:
    later = replace(TERMS, now=NOW + timedelta(minutes=29, microseconds=1))
    one, two = made(action()), made(action(), terms=later)
    assert one.hash == two.hash
    assert two.works[0].until == later.now + HOUR


@pytest.mark.invariant("I16")
@pytest.mark.parametrize(
    "other",
    [
        made(action(), terms=replace(TERMS, run="r-2")),
        made(action(), terms=replace(TERMS, earlier=1)),
        made(action(), terms=replace(TERMS, lasts=2 * HOUR)),
        made(action(target=TOPIC)),
        made(action(member="user:eve@example.com")),
        made(action(role=Role("roles/storage.admin"))),
        made(action(), action()),
        made(action(), action("enable_api", API)),
        made(),
        made(action(), denial=denied(audit(permission="storage.objects.list", resource="projects/_/buckets/b"))),
        made(action(), denial=denied(audit(permission="storage.objects.get", resource="projects/_/buckets/c"))),
    ],
)
def test_the_hash_is_another_one_as_soon_as_anything_differs(other: Any) -> None:
    assert other.hash != made(action()).hash


def test_the_hash_tells_machines_scopes_and_what_was_there_apart() -> None:
    step, was = action("vm_scopes", VM), Attached(account=APP, scopes=("s1",))
    hashes = {
        made(step, known=replace(KNOWN, attached=was)).hash,
        made(step, known=replace(KNOWN, attached=replace(was, scopes=()))).hash,
        made(step, known=replace(KNOWN, machine_id="43")).hash,
        made(step, known=replace(KNOWN, scope_change=replace(CHANGE, scopes=("s1",)))).hash,
        made(step, known=replace(KNOWN, scope_change=replace(CHANGE, account="x@y.iam.gserviceaccount.com"))).hash,
        made(action("vm_recover", VM)).hash,
    }
    assert len(hashes) == 6


def test_the_order_of_the_steps_is_part_of_what_is_approved() -> None:
    steps = action("enable_api", API), action()
    assert made(*steps).hash != made(*reversed(steps)).hash


# tier, end, call


def test_the_strictest_step_is_the_tier_and_advice_has_none() -> None:
    assert made(action(), action("enable_api", API, Tier.T2)).tier == "T2"
    assert made(action(), action("advise", changes=False, tier=Tier.T3)).tier == "T1"
    assert made(action(tier=Tier.T3)).tier == "T3"


@pytest.mark.parametrize(("tier", "hours"), [("T0", 24), ("T1", 24), ("T2", 72), ("T3", 0), ("", 0)])
def test_how_long_a_grant_may_last(tier: str, hours: int) -> None:
    assert longest(tier) == timedelta(hours=hours)


def test_the_call_to_look_for_afterwards_is_the_refused_one() -> None:
    call = made(action()).call
    assert (call.principal, call.permission, call.service) == (APP, "storage.objects.get", "storage.googleapis.com")
    assert call.resource == "projects/_/buckets/b"
    assert call.project == f"projects/{PROJECT}"


def test_a_call_nobody_named_is_looked_for_where_the_plan_leads() -> None:
    words = "Error 403: Provided scope(s) are not authorized"
    call = made(action("vm_scopes", VM), denial=denied(on_vm(words))).call
    assert (call.principal, call.permission, call.resource) == (None, None, VM)
    assert call.project == f"projects/{PROJECT}"


@pytest.mark.hazard("H15")
@pytest.mark.invariant("I16")
def test_the_numbers_of_accounts_are_in_the_works_and_in_what_is_approved() -> None:
    bot = "bot@other.iam.gserviceaccount.com"
    told = replace(KNOWN, account_ids={APP: "117", bot: "42"})
    on_account = action(target=f"//iam.googleapis.com/projects/other/serviceAccounts/{bot}")
    asked = (action(), on_account, action("vm_scopes", VM))
    plain, opened, machine = made(*asked, known=told).works
    assert (plain.member_id, plain.account_id) == ("117", "")
    assert (opened.member_id, opened.account_id) == ("117", "42")
    assert machine.account_id == "117"
    anew = replace(KNOWN, account_ids={APP: "118", bot: "42"})
    assert len({made(*asked, known=one).hash for one in (KNOWN, told, anew)}) == 3
    assert made(action(member="user:eve@example.com"), known=told).works[0].member_id == ""
