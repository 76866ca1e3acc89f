"""The decision by rules: explored over every small world, and each thing that makes it stricter with its sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import Any

import pytest
from msgspec.structs import replace

from shared.causes import CAUSES
from shared.guards.breaker import Breaker, State
from shared.model.decision import ASK, AUTO, DRY_RUN, IGNORE, NOTIFY, REFUSE, STRICTNESS, Decision, Mode, Quorum
from shared.model.denial import AUDIT, Denial, Names, Trust
from shared.model.diagnosis import Confidence, Diagnosis, Looked
from shared.model.evidence import NO, UNKNOWN, YES, Verdict
from shared.model.guards import Pause, Runtime
from shared.model.names import Role, parse_principal
from shared.model.plan import T1, T2, T3, Action, Plan, Tier
from shared.model.subject import Subject
from shared.pipeline import weigh as words
from shared.pipeline.weigh import Weighed, weigh
from shared.policy.rulebook import Ruling

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOPIC = "//pubsub.googleapis.com/projects/shop/topics/t"
API = "//serviceusage.googleapis.com/projects/shop/services/run.googleapis.com"
CALLER = "app@shop.iam.gserviceaccount.com"
OWNERS = Quorum(name="owners", group_id="03abc")
CLOSED = Breaker(State.CLOSED)
FINE = Runtime(enforcing=True, received_at=NOW)
DEV, PROD = {"env": "dev"}, {"env": "prod"}


def grant(tier: Tier = T1) -> Action:
    return Action(
        action="grant_role", changes=True, tier=tier, target=TOPIC, member=f"serviceAccount:{CALLER}",
        role=Role("roles/pubsub.publisher"), why="", undo=None,
    )  # fmt: skip


ENABLE = Action(action="enable_api", changes=True, tier=T2, target=API, member=None, role=None, why="", undo=None)


def denial(trust: Trust = AUDIT, caller: str = CALLER) -> Denial:
    return Denial(
        id="1", trust=trust, status="PERMISSION_DENIED", names=Names(principal=parse_principal(caller)),
    )  # fmt: skip


def diagnosis(proven: Verdict | None = YES, copy: Verdict = YES) -> Diagnosis:
    looked = Looked(proven=proven, copy=copy) if proven is not None else None
    return Diagnosis(cause=CAUSES["iam.allow_missing"], confidence=Confidence.HIGH, looked=looked)


def ruling(mode: Mode = AUTO, **more: Any) -> Ruling:
    rules = () if mode is NOTIFY else ("r",)
    return Ruling(
        **{"mode": mode, "reasons": (f"rule r says {mode}",), "rules": rules, "hours": 48, "minutes": 30, **more}
    )


def subject(labels: dict[str, str] | None = DEV, **more: Any) -> Subject:
    asked = {"source": "audit", "cause": "iam.allow_missing", "action": "grant_role", "target": TOPIC}
    places = {
        "principal_ancestry": ("projects/11", "organizations/1"),
        "project": "projects/shop",
        "ancestry": ("projects/11", "folders/9", "organizations/1"),
    }
    return Subject(**{**asked, **places, "labels": labels, **more})


def decided(
    rule: Ruling, runtime: Runtime = FINE, *, action: Action | None = None, about: Subject | None = None,
    breaker: Breaker = CLOSED, seen: Diagnosis | None = None, trust: Trust = AUDIT, caller: str = CALLER,
) -> Decision:  # fmt: skip
    weighed = Weighed(subjects=(about or subject(),), rulings=(rule,), runtime=runtime, breaker=breaker, now=NOW)
    return weigh(denial(trust, caller), seen or diagnosis(), Plan((action or grant(),)), weighed)


def pause(scope: str) -> tuple[Pause, ...]:
    return (Pause(scope=scope, by="ann@example.com", why="an incident", at=NOW),)


STATES: dict[str, dict[str, Any]] = {
    "fine": {},
    "observing": {"enforcing": False},
    "all stopped": {"pauses": pause("organization")},
    "folder stopped": {"pauses": pause("folders/9")},
    "another stopped": {"pauses": pause("projects/other")},
    "switch unreadable": {"pauses": None},
    "over budget": {"over": ("the budget is used up",)},
    "budget unreadable": {"over": None},
    "probing": {"probing": "the caller is probing"},
    "an hour old": {"received_at": NOW - 2 * HOUR},
    "a day old": {"received_at": NOW - 25 * HOUR},
    "no time": {"received_at": None},
    "from the future": {"received_at": NOW + HOUR},
    "ours": {"ours": frozenset({CALLER})},
    "protected": {"protected": ("//pubsub.googleapis.com/projects/shop", API)},
    "breaker open": {"breaker": Breaker(State.OPEN, "f-1")},
    "breaker probe": {"breaker": Breaker(State.PROBE, "f-1")},
    "people only": {"breaker": Breaker(State.PEOPLE, "f-1")},
}
LEAVES_AUTO = {"fine", "another stopped"}
LEAVES_ASK = {*LEAVES_AUTO, "an hour old", "people only"}
STEPS = {"T1": (grant(T1), False), "T2": (grant(T2), False), "T3": (grant(T3), False), "listed API": (ENABLE, True),
         "API": (ENABLE, False)}  # fmt: skip
Looks = tuple[Verdict | None, Verdict]
LOOKS: tuple[Looks, ...] = ((YES, YES), (UNKNOWN, YES), (NO, YES), (YES, UNKNOWN), (None, UNKNOWN))
World = tuple[tuple[str, ...], Mode, str, Trust, Looks, dict[str, str] | None, bool]


def worlds() -> Iterator[World]:
    pairs = [(a, b) for a, b in combinations(list(STATES)[1:], 2) if not STATES[a].keys() & STATES[b].keys()]
    states = [*((one,) for one in STATES), *pairs]
    yield from product(states, Mode, STEPS, Trust, LOOKS, (DEV, PROD, None), (True, False))


def in_world(world: World) -> Decision:
    states, mode, step, trust, (proven, copy), labels, asked = world
    fields: dict[str, Any] = {}
    for state in states:
        fields |= STATES[state]
    action, listed = STEPS[step]
    breaker = fields.pop("breaker", CLOSED)
    return decided(
        ruling(mode, listed=listed, quorums=(OWNERS,) if asked else ()),
        replace(FINE, **fields), action=action, about=subject(labels), breaker=breaker, seen=diagnosis(proven, copy),
        trust=trust,
    )  # fmt: skip


@pytest.mark.hazard("H01", "H46")
@pytest.mark.invariant("I02", "I04", "I33")
def test_no_world_lets_an_effect_through_without_a_rule_and_all_that_has_to_hold() -> None:
    """Every mode x step x trust x look x label x approvers, in every state and every pair of states."""
    counts = dict.fromkeys(Mode, 0)
    for world in worlds():
        states, mode, step, trust, look, labels, asked = world
        found = in_world(world)
        counts[found.mode] += 1
        assert STRICTNESS[found.mode] <= STRICTNESS[mode], world
        assert found.reasons, world
        assert (found.terms is not None) == (found.mode in (ASK, AUTO)), world
        may_ask = mode in (ASK, AUTO) and asked and look == (YES, YES) and step != "T3" and set(states) <= LEAVES_ASK
        may_auto = (
            mode is AUTO and look == (YES, YES) and step in ("T1", "listed API") and set(states) <= LEAVES_AUTO
            and labels == DEV and (trust is AUDIT or step == "listed API")
        )  # fmt: skip
        expected = AUTO if may_auto else ASK if may_ask else None
        assert (found.mode if found.mode in (ASK, AUTO) else None) is expected, world
    assert all(counts.values()), counts
    assert sum(counts.values()) > 100_000


def test_a_rule_alone_decides_for_at_most_eight_hours() -> None:
    terms = decided(ruling()).terms
    assert terms is not None
    assert (terms.tier, terms.hours, terms.quorums, terms.rules) == ("T0", 8, (), ("r",))


@pytest.mark.parametrize(("tier", "hours"), [(T1, 24), (T2, 48)])
def test_people_decide_for_no_longer_than_their_tier_allows(tier: Tier, hours: int) -> None:
    terms = decided(ruling(ASK, quorums=(OWNERS,)), action=grant(tier)).terms
    assert terms is not None
    assert (terms.tier, terms.hours, terms.quorums) == (tier.value, hours, (OWNERS,))


def test_what_is_labelled_as_production_takes_two_people() -> None:
    found = decided(ruling(ASK, quorums=(OWNERS,)), about=subject(PROD))
    assert found.terms is not None
    assert (found.mode, found.terms.tier) == (ASK, "T2")
    assert words.MADE_FOR_PRODUCTION in found.reasons


@pytest.mark.hazard("H08")
def test_text_is_marked_as_a_claim_on_what_people_are_asked() -> None:
    found = decided(ruling(ASK, quorums=(OWNERS,)), trust=Trust.TEXT)
    assert (found.mode, words.CLAIMED in found.reasons) == (ASK, True)


@pytest.mark.parametrize(
    ("state", "mode", "said"),
    [
        ("observing", DRY_RUN, words.OBSERVE),
        ("all stopped", DRY_RUN, "ann@example.com has stopped organization (an incident)"),
        ("folder stopped", DRY_RUN, "has stopped folders/9"),
        ("switch unreadable", DRY_RUN, "cannot be read, which counts as stopped"),
        ("over budget", NOTIFY, "the budget is used up"),
        ("budget unreadable", NOTIFY, words.UNCOUNTED),
        ("probing", NOTIFY, "the caller is probing"),
        ("a day old", IGNORE, words.OLD),
        ("no time", IGNORE, words.OLD),
        ("ours", REFUSE, words.OURS),
        ("protected", REFUSE, words.PROTECTED),
        ("breaker open", DRY_RUN, "the breaker is open: f-1"),
        ("breaker probe", DRY_RUN, "the breaker is probe: f-1"),
    ],
)
def test_what_holds_now_is_said(state: str, mode: Mode, said: str) -> None:
    found = in_world(((state,), AUTO, "T1", AUDIT, (YES, YES), DEV, True))
    assert found.mode is mode
    assert any(said in why for why in found.reasons), found.reasons


def test_a_rule_for_machines_alone_asks_nobody_when_it_may_not_act() -> None:
    found = decided(ruling(), about=subject(None))
    assert (found.mode, words.NOBODY in found.reasons, words.UNLABELLED in found.reasons) == (NOTIFY, True, True)


@pytest.mark.hazard("H12")
@pytest.mark.invariant("I04")
@pytest.mark.parametrize(
    "caller",
    ["principal://iam.googleapis.com/locations/global/workforcePools/p/subject/ann", "allUsers", "system:anonymous"],
)
def test_only_a_single_user_or_service_account_is_given_something_without_a_person(caller: str) -> None:
    found = decided(ruling(quorums=(OWNERS,)), caller=caller)
    assert (found.mode, words.ONE_OF_MANY in found.reasons) == (ASK, True)


def test_of_several_steps_the_strictest_counts_and_all_approvers_have_to_agree() -> None:
    security = Quorum(name="security", group_id="01xyz")
    two = Weighed(
        subjects=(subject(), subject(action="enable_api")),
        rulings=(
            ruling(AUTO, hours=2, rules=("a",)),
            ruling(ASK, quorums=(OWNERS, security), rules=("b",), minutes=10),
        ),
        runtime=FINE,
        now=NOW,
    )
    found = weigh(denial(), diagnosis(), Plan((grant(), ENABLE)), two)
    assert found.mode is ASK
    assert found.terms is not None
    assert (found.terms.tier, found.terms.hours, found.terms.minutes) == ("T2", 2, 10)
    assert (found.terms.quorums, found.terms.rules) == ((OWNERS, security), ("a", "b"))


def test_a_stopped_folder_stops_what_stands_nowhere_known() -> None:
    found = decided(ruling(), replace(FINE, pauses=pause("folders/7")), about=subject(ancestry=None))
    assert (found.mode, words.NO_PLACE in found.reasons) == (DRY_RUN, True)
