"""All rules that match are collected and the strictest wins; what could not be told never makes anything freer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rulebooks import APP, BUCKET, NOW, OWNERS, PROJECT, SECURITY, enabling, policy, rule, step

from shared.model.decision import ASK, AUTO, DRY_RUN, IGNORE, NOTIFY, STRICTNESS, Mode
from shared.model.policy import Rule
from shared.model.subject import Subject
from shared.policy.match import match
from shared.policy.rulebook import Rulebook, Ruling, stricter

WRITES, READS = "logging.logEntries.create", "storage.objects.get"
OTHER = "serviceAccount:other@acme-dev.iam.gserviceaccount.com"


def ruling(subject: Subject, *rules: Rule) -> Ruling:
    return Rulebook(policy(*rules)).ruling(subject, NOW)


def mode(subject: Subject, *rules: Rule) -> Mode:
    return ruling(subject, *rules).mode


def test_what_no_rule_speaks_of_is_told_and_not_touched() -> None:
    found = ruling(step())
    assert (found.mode, found.rules, found.quorums) == (NOTIFY, (), ())
    assert found.reasons == ("no rule speaks of this: notify",)


@pytest.mark.invariant("I02")
def test_the_strictest_of_all_rules_that_match_wins() -> None:
    rules = [rule(one.value, one) for one in (AUTO, ASK, DRY_RUN, NOTIFY, IGNORE)]
    for at, strictest in enumerate((AUTO, ASK, DRY_RUN, NOTIFY, IGNORE), 1):
        found = ruling(step(), *rules[:at])
        assert (found.mode, found.rules) == (strictest, (strictest.value,))


def test_terms_are_the_strictest_of_every_rule_that_permits_and_everybody_has_to_agree() -> None:
    found = ruling(
        step(),
        rule("a", hours=8, window="Mon-Fri 09:00-17:00 UTC"),
        rule("b", hours=4, quorums=(SECURITY, replace(OWNERS, need=2))),
        rule("c", AUTO, hours=2, window="Tue 09:00-17:00 UTC"),
    )
    assert (found.mode, found.hours, found.rules) == (ASK, 2, ("a", "b"))
    assert found.quorums == (replace(OWNERS, need=2), SECURITY)
    assert found.window == "Mon-Fri 09:00-17:00 UTC & Tue 09:00-17:00 UTC"


@pytest.mark.parametrize(
    ("when", "other"),
    [
        ({"cause": ("iam.allow_missing",)}, {"cause": "gcs.iam"}),
        ({"source": ("audit",)}, {"source": "text"}),
        ({"permission": (WRITES,)}, {"permissions": (READS,)}),
        ({"exactly": (APP,)}, {"principal": OTHER}),
        ({"in_group": "g9"}, {"groups": {"g9": False}}),
        ({"of_target_project": True}, {"principal_project": "projects/other"}),
        ({"of_target_project": True}, {"principal": "user:a@example.com"}),
        ({"named": (PROJECT,)}, {"target": BUCKET}),
        ({"under": ("folders/1",)}, {"ancestry": ("projects/77", "folders/2")}),
        ({"under": ("projects/acme-dev",)}, {"project": "projects/other"}),
        ({"kind": ("project",)}, {"kind": "bucket"}),
        ({"labels": {"env": ("dev", "test")}}, {"labels": {"env": "prod"}}),
        ({"labels": {"env": ("dev",)}}, {"labels": {}}),
    ],
)
def test_a_rule_matches_only_what_it_asks_for(when: dict[str, Any], other: dict[str, Any]) -> None:
    member = {"groups": {"g9": True}}
    assert mode(step(**member), rule(when=when)) is ASK
    assert mode(step(**{**member, **other}), rule(when=when)) is NOTIFY


@pytest.mark.parametrize(
    ("when", "untold"),
    [
        ({"exactly": (APP,)}, {"principal": None}),
        ({"in_group": "g9"}, {"groups": {}}),
        ({"in_group": "g9"}, {"groups": {"g9": None}}),
        ({"of_target_project": True}, {"principal_project": None}),
        ({"of_target_project": True}, {"project": None}),
        ({"named": (PROJECT,)}, {"target": None}),
        ({"under": ("folders/1",)}, {"ancestry": None}),
        ({"under": ("projects/other",)}, {"project": None}),
        ({"kind": ("project",)}, {"kind": None}),
        ({"labels": {"env": ("dev",)}}, {"labels": None}),
    ],
)
def test_what_could_not_be_told_restricts_and_never_permits(when: dict[str, Any], untold: dict[str, Any]) -> None:
    subject = step(**untold)
    assert mode(subject, rule(when=when)) is NOTIFY
    found = ruling(subject, rule("permits"), rule("may", NOTIFY, when=when))
    assert (found.mode, found.rules) == (NOTIFY, ("may",))
    assert "rule may says notify, as it may apply: " in found.reasons[0]


def test_a_card_is_never_hidden_on_a_guess() -> None:
    probe = rule("probe", IGNORE, when={"exactly": (APP,)}, until=date(2027, 1, 1), reason="probe")
    assert mode(step(principal=None), probe) is NOTIFY
    assert mode(step(principal=None), rule(), probe) is NOTIFY


def test_the_terms_of_a_rule_that_may_apply_hold_as_well() -> None:
    may = rule("may", AUTO, hours=1, window="Mon 09:00-12:00 UTC", when={"labels": {"env": ("dev",)}})
    found = ruling(step(labels=None), rule("asks", hours=8), may)
    assert (found.mode, found.hours, found.window) == (ASK, 1, "Mon 09:00-12:00 UTC")


def test_a_rule_permits_only_within_what_it_lists() -> None:
    assert mode(step(roles=("roles/logging.admin",)), rule()) is NOTIFY
    assert mode(step(roles=("roles/logging.logWriter", "roles/browser")), rule()) is NOTIFY
    assert mode(step(roles=()), rule()) is NOTIFY
    assert mode(step(action="vm_scopes"), rule()) is NOTIFY
    apis = rule(when={"cause": ("api.disabled",)}, action="enable_api", roles=(), services=("pubsub.googleapis.com",))
    assert mode(enabling(), apis) is ASK
    assert mode(enabling(services=("compute.googleapis.com",)), apis) is NOTIFY
    assert mode(enabling(services=()), apis) is NOTIFY


def test_every_refused_permission_has_to_be_listed_and_one_is_enough_to_restrict() -> None:
    both = step(permissions=(WRITES, READS))
    assert mode(both, rule(when={"permission": (WRITES,)})) is NOTIFY
    assert mode(both, rule(when={"permission": (WRITES, READS)})) is ASK
    assert mode(both, rule(), rule("reads", NOTIFY, when={"permission": (READS,)})) is NOTIFY


def test_one_ignored_permission_does_not_hide_another_one() -> None:
    probe = rule("probe", IGNORE, when={"permission": (READS,)}, until=date(2027, 1, 1), reason="probe")
    assert mode(step(permissions=(READS,)), probe) is IGNORE
    assert mode(step(permissions=(WRITES, READS)), probe) is NOTIFY


def test_what_is_ignored_comes_back_after_its_last_day() -> None:
    book = Rulebook(policy(rule("probe", IGNORE, until=NOW.date(), reason="probe")))
    assert book.ruling(step(), NOW).mode is IGNORE
    assert book.ruling(step(), NOW + timedelta(days=1)).mode is NOTIFY
    assert "it ended after" in book.explain(step(), NOW + timedelta(days=1))[0].why


@pytest.mark.hazard("H08")
@pytest.mark.invariant("I05")
@pytest.mark.parametrize("source", ["google", "text"])
def test_text_alone_starts_nothing_but_an_api_that_a_rule_lists_for_it(source: str) -> None:
    believing = {"source": ("audit", "google", "text"), "cause": ("api.disabled", "iam.allow_missing")}
    apis = {"action": "enable_api", "roles": (), "services": ("pubsub.googleapis.com",)}
    assert mode(step(source=source), rule("grant", AUTO)) is NOTIFY
    assert mode(step(source=source), rule("grant", AUTO, when=believing)) is NOTIFY
    assert mode(enabling(source=source), rule("api", AUTO, when={"cause": ("api.disabled",)}, **apis)) is NOTIFY
    assert mode(enabling(source=source), rule("api", AUTO, when=believing, **apis)) is AUTO


def test_a_member_is_the_same_in_whatever_letters_its_address_is_written() -> None:
    assert mode(step(principal="user:Ann@Example.com"), rule(when={"exactly": ("user:ann@example.com",)})) is ASK


MACHINE = "//compute.googleapis.com/projects/{}/zones/z/instances/{}"


def test_a_target_is_the_same_by_its_project_s_id_and_number() -> None:
    by_number = rule(when={"named": (MACHINE.format("77", "web"),)})
    by_id = rule(when={"named": (MACHINE.format("acme-dev", "web"),)})
    for target in (MACHINE.format("acme-dev", "web"), MACHINE.format("77", "web")):
        assert mode(step(target=target), by_number) is ASK
        assert mode(step(target=target), by_id) is ASK
    assert mode(step(target=MACHINE.format("acme-dev", "web"), ancestry=None), by_number) is NOTIFY


def test_a_name_written_otherwise_cannot_slip_past_a_rule_that_restricts() -> None:
    never = rule("never", NOTIFY, when={"named": (MACHINE.format("acme-dev", "web"),)})
    assert mode(step(target=MACHINE.format("acme-dev", "4711")), rule(), never) is NOTIFY
    assert mode(step(target=MACHINE.format("77", "web"), project=None, ancestry=None), rule(), never) is NOTIFY
    assert mode(step(target=MACHINE.format("acme-dev", "db")), rule(), never) is ASK


def test_groups_are_asked_about_only_where_the_answer_matters() -> None:
    book = Rulebook(
        policy(
            rule("a", when={"in_group": "g1"}),
            rule("b", when={"in_group": "g2", "cause": ("gcs.iam",)}),
            rule("c", when={"in_group": "g3", "labels": {"env": ("dev",)}}),
            rule("d", NOTIFY, when={"in_group": "g4", "exactly": (OTHER,)}),
        )
    )
    assert book.groups_wanted(step(), NOW) == {"g1", "g3"}
    assert book.groups_wanted(step(labels=None), NOW) == {"g1", "g3"}
    assert book.groups_wanted(step(groups={"g1": True, "g3": False}), NOW) == frozenset()
    assert book.groups_wanted(step(principal=None), NOW) == frozenset()


def test_each_rule_is_told_with_why_it_did_not_decide() -> None:
    book = Rulebook(
        policy(
            rule("asks"),
            rule("tells", NOTIFY, when={"labels": {"env": ("dev",)}}),
            rule("elsewhere", when={"under": ("folders/2",)}),
            rule("perhaps", AUTO, when={"in_group": "g1"}),
        )
    )
    told = {one.rule: one for one in book.explain(step(), NOW)}
    assert [one.rule for one in told.values() if one.decided] == ["tells"]
    assert told["asks"].why == "notify by tells is stricter"
    assert told["elsewhere"].why == "the target does not stand under folders/2"
    assert (
        told["perhaps"].why
        == f"whether {APP} is in the group g1 could not be told, and what cannot be told never permits"
    )


def test_two_versions_both_have_to_permit_a_thing() -> None:
    old, new = ruling(step(), rule("a", hours=2)), ruling(step(), rule("b", hours=8, quorums=(SECURITY,)))
    both = stricter(old, new)
    assert (both.mode, both.hours, both.quorums) == (ASK, 2, (OWNERS, SECURITY))
    assert stricter(new, ruling(step())).mode is NOTIFY
    assert stricter(old, ruling(step(), rule("c", AUTO))).mode is ASK


CAUSES = st.sampled_from(["iam.allow_missing", "gcs.iam"])
WHENS = st.fixed_dictionaries(
    {},
    optional={
        "cause": st.lists(CAUSES, min_size=1, max_size=2, unique=True).map(tuple),
        "source": st.sampled_from([("audit",), ("text",), ("audit", "text")]),
        "permission": st.sampled_from([(WRITES,), (READS,), (WRITES, READS)]),
        "exactly": st.sampled_from([(APP,), (OTHER,), (APP, OTHER)]),
        "in_group": st.sampled_from(["g8", "g9"]),
        "of_target_project": st.just(True),
        "named": st.sampled_from([(PROJECT,), (BUCKET,), (MACHINE.format("acme-dev", "web"),)]),
        "under": st.sampled_from([("folders/1",), ("folders/2",), ("projects/acme-dev",), ("projects/77",)]),
        "kind": st.sampled_from([("project",), ("bucket", "project"), ("instance",)]),
        "labels": st.sampled_from([{"env": ("dev",)}, {"env": ("prod", "dev")}, {"team": ("a",)}]),
    },
)
RULES = st.lists(
    st.tuples(
        st.sampled_from([AUTO, ASK, DRY_RUN, NOTIFY, IGNORE]),
        WHENS,
        st.integers(1, 8),
        st.sampled_from([(OWNERS,), (SECURITY,), (OWNERS, SECURITY)]),
    ),
    max_size=8,
).map(lambda made: [_made(at, *one) for at, one in enumerate(made)])
FACTS: dict[str, Any] = {
    "cause": CAUSES,
    "source": st.sampled_from(["audit", "text"]),
    "permissions": st.sampled_from([(WRITES,), (READS,), (WRITES, READS)]),
    "principal": st.sampled_from([APP, OTHER, "user:a@example.com"]),
    "principal_project": st.sampled_from(["projects/acme-dev", "projects/other"]),
    "groups": st.fixed_dictionaries({"g8": st.booleans(), "g9": st.booleans()}),
    "target": st.sampled_from([PROJECT, BUCKET, MACHINE.format("acme-dev", "web"), MACHINE.format("77", "12")]),
    "kind": st.sampled_from(["project", "bucket", "instance"]),
    "project": st.sampled_from(["projects/acme-dev", "projects/other"]),
    "ancestry": st.sampled_from([("projects/77", "folders/1"), ("projects/78", "folders/2", "folders/1")]),
    "labels": st.sampled_from([{"env": "dev"}, {"env": "prod", "team": "a"}, {}]),
}
SUBJECTS = st.fixed_dictionaries(FACTS).map(lambda facts: step(**facts))
FORGETTABLE = ("principal", "principal_project", "target", "kind", "project", "ancestry", "labels")


def _made(at: int, mode: Mode, when: dict[str, Any], hours: int, quorums: Any) -> Rule:
    when = when or {"cause": ("iam.allow_missing",)}
    if mode is ASK:
        return rule(f"r{at}", mode, when=when, hours=hours, quorums=quorums)
    return rule(f"r{at}", mode, when=when, hours=hours) if mode is AUTO else rule(f"r{at}", mode, when=when)


def no_freer(one: Ruling, other: Ruling) -> bool:
    """Whether a ruling permits no more than another one, in every respect; telling and ignoring both permit nothing."""
    first, second = (max(STRICTNESS[it.mode], STRICTNESS[NOTIFY]) for it in (one, other))
    if first != second:
        return first < second
    asked = {(quorum.group_id, quorum.need) for quorum in other.quorums}
    return one.hours <= other.hours and asked <= {(quorum.group_id, quorum.need) for quorum in one.quorums}


@pytest.mark.invariant("I23")
@settings(max_examples=300, deadline=None)
@given(RULES, SUBJECTS, st.randoms(use_true_random=False))
def test_the_order_of_rules_is_irrelevant(rules: list[Rule], subject: Subject, random: Any) -> None:
    shuffled = rules.copy()
    random.shuffle(shuffled)
    assert ruling(subject, *shuffled) == ruling(subject, *rules)


@pytest.mark.invariant("I23")
@settings(max_examples=300, deadline=None)
@given(RULES, RULES, SUBJECTS)
def test_a_rule_more_never_makes_freer_what_a_rule_has_spoken_of(
    rules: list[Rule], more: list[Rule], subject: Subject
) -> None:
    more = [Rule(id=f"{one.id}-more", when=one.when, then=one.then) for one in more]
    before, after = ruling(subject, *rules), ruling(subject, *rules, *more)
    spoken = any(match(one, subject)[0].value == "yes" for one in rules)
    assert not spoken or no_freer(after, before)


@settings(max_examples=400, deadline=None)
@given(RULES, SUBJECTS, st.sets(st.sampled_from(FORGETTABLE)), st.sets(st.sampled_from(["g8", "g9"])))
def test_a_fact_less_never_makes_anything_freer(
    rules: list[Rule], subject: Subject, forgotten: set[str], groups: set[str]
) -> None:
    kept = {group: member for group, member in subject.groups.items() if group not in groups}
    less = replace(subject, groups=kept, **dict.fromkeys(forgotten))
    assert no_freer(ruling(less, *rules), ruling(subject, *rules))


@settings(max_examples=300, deadline=None)
@given(RULES, SUBJECTS, st.sets(st.sampled_from(FORGETTABLE)))
def test_the_index_leaves_out_no_rule_that_matters(rules: list[Rule], subject: Subject, forgotten: set[str]) -> None:
    subject = replace(subject, **dict.fromkeys(forgotten))
    indexed, plain = Rulebook(policy(*rules)), Rulebook(policy(*rules))
    plain._always, plain._index, plain._of_dimension = list(range(len(rules))), {}, {}
    assert indexed.ruling(subject, NOW) == plain.ruling(subject, NOW)
    assert indexed.groups_wanted(subject, NOW) == plain.groups_wanted(subject, NOW)


def test_of_a_thousand_rules_a_step_is_held_against_the_few_that_could_be_about_it() -> None:
    rules = [
        rule(
            f"r{nth}",
            when={"exactly": (f"serviceAccount:a{nth}@acme-dev.iam.gserviceaccount.com",), "cause": ("gcs.iam",)},
        )
        for nth in range(1000)
    ]
    book = Rulebook(policy(*rules))
    subject = step(principal="serviceAccount:a7@acme-dev.iam.gserviceaccount.com", cause="gcs.iam")
    assert book.ruling(subject, NOW).rules == ("r7",)
    assert book._known(subject) == [7]
