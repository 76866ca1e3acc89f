"""Who may say yes: people, by their addresses, enough of them, and nobody for themselves."""

from __future__ import annotations

import pytest

from shared.errors import Refused
from shared.pipeline.approvers import approvers

ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.mark.parametrize(("tier", "by"), [("T0", (ANN,)), ("T1", (ANN,)), ("T1", (ANN, BOB)), ("T2", (ANN, BOB))])
def test_enough_people_for_the_tier_are_taken_in_their_order(tier: str, by: tuple[str, ...]) -> None:
    assert approvers(by, tier, ()) == by


@pytest.mark.parametrize(("tier", "by"), [("T0", ()), ("T1", ()), ("T2", (ANN,)), ("T2", ())])
def test_too_few_people_are_refused(tier: str, by: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match=f"not {len(by)}: name each with --by EMAIL"):
        approvers(by, tier, ())


@pytest.mark.parametrize("tier", ["T3", "", "T9", "t1"])
def test_what_is_no_tier_of_ours_is_approved_by_nobody(tier: str) -> None:
    with pytest.raises(Refused, match="is never carried out by a machine, whoever approves it"):
        approvers((ANN, BOB), tier, ())


@pytest.mark.parametrize(
    "again",
    ["ann@example.com", "Ann@Example.COM", " ann@example.com ", "ann+x@example.com", "ann+a+b@EXAMPLE.com"],
)
def test_one_person_by_several_spellings_is_one_person(again: str) -> None:
    with pytest.raises(Refused, match="2 different people"):
        approvers((ANN, again), "T2", ())
    assert approvers((ANN, again, BOB), "T2", ()) == (ANN, BOB)


def test_dots_mean_nothing_only_where_the_provider_says_so() -> None:
    with pytest.raises(Refused, match="2 different people"):
        approvers(("a.nn@gmail.com", "ann@gmail.com"), "T2", ())
    assert len(approvers(("a.nn@example.com", ANN), "T2", ())) == 2


@pytest.mark.hazard("H20")
@pytest.mark.parametrize(
    "never",
    [ANN, "ANN@example.com", "user:ann@example.com", "user:Ann+job@example.com", "deleted:user:ann@example.com"],
)
def test_whoever_asked_or_gains_does_not_count_however_they_are_written(never: str) -> None:
    with pytest.raises(Refused, match="nobody approves for themselves"):
        approvers((BOB, ANN), "T2", (never,))
    with pytest.raises(Refused, match="nobody approves for themselves"):
        approvers((BOB, "Ann@example.com", "eve@example.com"), "T2", (never,))


@pytest.mark.parametrize("never", ["", "principal://iam.googleapis.com/projects/1/x/subject/s", "allUsers"])
def test_those_who_are_no_people_keep_no_person_from_approving(never: str) -> None:
    assert approvers((ANN,), "T1", (never,)) == (ANN,)


@pytest.mark.parametrize(
    "robot",
    [
        "app@acme.iam.gserviceaccount.com",
        "1-compute@developer.gserviceaccount.com",
        "acme@appspot.gserviceaccount.com",
        "x@gserviceaccount.com",
        "X@ACME.IAM.GSERVICEACCOUNT.COM",
    ],
)
def test_machines_do_not_approve(robot: str) -> None:
    with pytest.raises(Refused, match="is the account of a machine, and only people approve"):
        approvers((ANN, BOB, robot), "T2", ())


@pytest.mark.parametrize(
    "said",
    [
        "", " ", "ann", "@example.com", "ann@", "ann@localhost", "ann@@example.com", "user:ann@example.com",
        "ann bob@example.com", "ann@exa mple.com", "\u0430nn@example.com", "ann@example.com\x1b[2J", "ann@exam\u202eple.com",
        "ann@example..com", "ann@.com", "a" * 300 + "@example.com", "ann@example.com,bob@example.com", "*@example.com\n\n.",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_person_is_refused_and_said_in_a_sentence(said: str) -> None:
    with pytest.raises(Refused, match="is no e-mail address of a person") as refused:
        approvers((BOB, said), "T1", ())
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300
