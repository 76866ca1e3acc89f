"""The card of a run: everything that an approver has to know, inside Slack's limits, whatever anybody wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from shown_runs import (
    HASH,
    NOW,
    RUN,
    action,
    approval,
    asked,
    grant,
    lives,
    machine_access,
    of_two,
    report,
    vote,
    weighed,
)
from slack_blocks import BLOCKS, VIEW
from slack_sdk.models.blocks import Block

from shared.model.approval import Standing, State
from shared.model.diagnosis import Also
from shared.model.evidence import UNKNOWN, Finding
from shared.model.names import Permission, Role
from shared.model.shown import Message, Shown, Stage, Wish
from shared.render.card import MOST_BLOCKS, MOST_TEXT, Style, card, size
from shared.render.card_form import other_fixes, reason_form, told, told_form

PLAIN, FORMS = Style(), Style(in_form=True)
BUTTONS = ["approve", "deny", "snooze", "another"]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "text" and isinstance(one, str):
                yield one
            else:
                yield from texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts(one)


def said(message: Message) -> str:
    return "\n".join(texts(message.blocks))


def pressable(message: Message) -> list[str]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return [element["action_id"] for row in rows for element in row]


def is_valid(blocks: tuple[dict[str, Any], ...]) -> None:
    BLOCKS.validate(json.loads(json.dumps(blocks)))
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        assert parsed.to_dict() == block


# what it says


@pytest.mark.parametrize("name", lives())
def test_every_stage_of_a_life_is_a_valid_card(name: str) -> None:
    for style in (PLAIN, FORMS):
        is_valid(card(lives()[name], style).blocks)


def test_an_approver_reads_everything_that_a_decision_takes() -> None:
    told_all = said(card(asked(), PLAIN))
    for expected in (
        "Approval needed: May not use the bucket",
        "Who\nuploader@acme-web.iam.gserviceaccount.com",
        "Was denied\nstorage.objects.create",
        "On\n//storage.googleapis.com/projects/_/buckets/acme-photos",
        "Why (proven by looking; from an audit log)\nThe caller may not create objects",
        "What would change (tier T1, plan 7d0c4b1a7d0c)",
        "+ roles/storage.objectCreator serviceAccount:uploader@acme-web.iam.gserviceaccount.com",
        "Beyond the ask\nroles/storage.objectCreator: 3 permissions",
        "Who else gains\nwhoever runs as uploader@acme-web",
        "Interrupts\nnothing",
        "Ends\n1 h after it begins, by its own condition",
        "Undo\nremove exactly this member from exactly this binding",
        "Who decides\n1 of photo-owners",
        "Still missing\n1 of photo-owners",
        "Who does not count\nuploader@acme-web.iam.gserviceaccount.com",
        "decide until 2026-11-21 09:30 UTC (30 min), no answer is a no; begins as soon as it is approved",
        "yes: may it do that there: NOT_GRANTED says Policy Troubleshooter",
    ):
        assert expected in told_all, expected


def test_what_is_interrupted_and_when_is_said_before_two_decide() -> None:
    told_all = said(card(of_two(), PLAIN))
    assert "Interrupts\nweb-1: the machine is stopped and started: what runs on it is interrupted" in told_all
    assert "Who else gains\neverything that runs on web-1" in told_all
    assert "Who decides\n1 of photo-owners and 1 of security" in told_all
    assert "begins in the window Mon-Thu 09:00-16:00 Europe/Rome" in told_all
    assert "- web@acme-web.iam.gserviceaccount.com devstorage.read_only" in told_all
    assert "Ends\nit stays until it is undone" in told_all


def test_a_dangerous_excess_is_named() -> None:
    wide = action(role=Role("roles/storage.objectAdmin"))
    told_all = said(card(asked(report=report(plan=(wide,))), PLAIN))
    assert "roles/storage.objectAdmin: 14 permissions, 2 of them dangerous: storage.objects.delete" in told_all


def test_who_gains_through_a_group_is_said() -> None:
    told_all = said(card(asked(works=(grant(member="group:all@example.com"),)), PLAIN))
    assert "Who else gains\nevery member of the group all@example.com" in told_all


@pytest.mark.hazard("H08")
def test_what_comes_from_text_that_anyone_could_write_is_marked_so() -> None:
    assert "claimed by application text, which anyone could have written" in said(
        card(asked(report=report(trust="text")), PLAIN)
    )


def test_votes_are_shown_with_their_reasons_and_why_one_does_not_count() -> None:
    told_all = said(card(lives()["one of two has agreed"], PLAIN))
    assert "Another approval needed" in told_all
    assert "ann@example.com says yes at 09:04 UTC: the nightly upload needs it" in told_all
    assert (
        "bob@example.com says yes at 09:04 UTC: the nightly upload needs it (does not count: is not one of" in told_all
    )
    assert "Still missing\n1 of security" in told_all


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("snoozed", "Snoozed until 2026-11-21 13:00 UTC by ann@example.com"),
        ("approved, not begun", "Begins when its window opens; a deny still stops it"),
        ("begun, outside its window", "Begins 2026-11-23 09:00 UTC; a deny still stops it"),
        ("being carried out", "each step is told in the thread"),
        ("fixed", "The proof\nthe same call succeeded at 09:06:12"),
        ("not fixed", "the same call was refused at 09:20:44"),
        ("taken back", "Everything that was changed is as it was before"),
        (
            "denied",
            "Denied by ann@example.com; nothing was changed, and nothing will be\nuse the shared bucket instead",
        ),
        ("nobody in time", "Nobody decided in time, which is a no"),
        ("the world moved", "scopes was ('devstorage.read_only',) and is ('pubsub',)"),
    ],
)
def test_how_it_ended_is_said_with_what_shows_it(name: str, expected: str) -> None:
    assert expected in said(card(lives()[name], PLAIN))


# what can be clicked


def test_a_question_has_its_four_buttons_and_a_place_for_the_reason() -> None:
    message = card(asked(), PLAIN)
    assert pressable(message) == BUTTONS
    assert [block["block_id"] for block in message.blocks if block["type"] == "input"] == ["reason-a-0a1b2c3d4e5f"]


def test_where_forms_are_opened_the_card_has_no_place_for_the_reason() -> None:
    message = card(asked(), FORMS)
    assert pressable(message) == BUTTONS
    assert not [block for block in message.blocks if block["type"] == "input"]


def test_a_button_carries_the_question_and_the_hash_of_the_plan_and_nothing_more() -> None:
    (row,) = (block for block in card(asked(), PLAIN).blocks if block["type"] == "actions")
    assert {element["value"] for element in row["elements"]} == {f"a-0a1b2c3d4e5f {HASH}"}


@pytest.mark.parametrize(
    "stage", [Stage.TOLD, Stage.RUNNING, Stage.FIXED, Stage.NOT_FIXED, Stage.DENIED, Stage.EXPIRED, Stage.DRIFTED]
)
def test_where_nothing_can_be_decided_there_is_nothing_to_click(stage: Stage) -> None:
    message = card(asked(stage), PLAIN)
    assert pressable(message) == []
    assert not [block for block in message.blocks if block["type"] == "input"]


@pytest.mark.parametrize("waits", ["approved, not begun", "begun, outside its window"])
def test_what_is_approved_can_be_denied_as_long_as_it_waits(waits: str) -> None:
    assert pressable(card(lives()[waits], PLAIN)) == ["deny"]


def test_the_form_for_a_reason_carries_what_was_clicked() -> None:
    form = reason_form(Wish.DENY, approval(tier="T2"))
    VIEW.validate(form)
    assert form["private_metadata"] == f"deny a-0a1b2c3d4e5f {HASH}"
    assert form["title"]["text"] == "Deny T2"


def test_other_fixes_are_told_with_how_to_ask_for_each_and_nothing_to_click() -> None:
    blocks = other_fixes(asked())
    VIEW.validate(json.loads(json.dumps(told_form("Another fix", blocks))))
    told_all = "\n".join(texts(blocks))
    assert "Nothing is changed by reading this" in told_all
    assert "The role roles/storage.objectAdmin, 14 permissions beyond the ask" in told_all
    assert "If it is iam.deny: a deny policy forbids it" in told_all
    assert f"unforbid apply {RUN}" in told_all
    assert not [block for block in blocks if block["type"] != "section"]


@pytest.mark.hazard("H16")
def test_the_only_link_is_the_one_of_the_settings() -> None:
    message = card(asked(), Style(page="https://runs.example.com/{run}?a=1&b=2"))
    assert message.blocks[-1]["elements"][0]["text"] == (
        f"run {RUN} · <https://runs.example.com/{RUN}?a=1&amp;b=2|the whole run>"
    )


# whatever anybody wrote

NASTY = st.sampled_from(
    [
        "<!channel>",
        "<@U012AB3CD>",
        "<https://evil.example|Approve>",
        "```",
        "& &amp; &lt;",
        "*bold* _it_ ~no~ :tada:",
        "@here @channel @everyone",
        "https://evil.example/login",
        "\u202egnp.exe",
        "\u200b\u2060\ufeff",
        "a" * 1_100,
        "<" * 700,
        "💣" * 600,
        "\n\n> quoted\n",
        "",
        " ",
        "\x00\x1b[31m",
        "ы" * 50,
    ]
)
HOSTILE = st.lists(NASTY | st.text(max_size=40), max_size=4).map("".join)


@st.composite
def hostile_runs(draw: st.DrawFn) -> Shown:
    def text() -> str:
        return draw(HOSTILE)

    many = draw(st.sampled_from([0, 1, 9, 40]))
    proof = action().proof
    assert proof is not None
    proof = replace(proof, candidates=(weighed(Role(text()), 3, 2, refusal=text()), weighed(Role("roles/x"), 1)))
    steps = (action(why=text(), undo=text(), role=Role(text()), proof=proof), action(changes=False, why=text()))
    told_by = report(
        principal=text(),
        permissions=(Permission(text()),) * (many + 1),
        resource=text(),
        title=text(),
        reason=text(),
        evidence=(text(),) * many,
        looks=(Finding(asked=text(), verdict=UNKNOWN, said=text()),) * many,
        also=(Also(text(), text()),) * many,
        plan=steps,
        proven=draw(st.sampled_from([None, "yes", "no", "could not tell"])),
        trust=draw(st.sampled_from(["audit", "google", "text"])),
    )
    works = (*(grant(resource=text(), role=Role(text()), member=text()),) * (1 + many // 6), machine_access())
    votes = tuple(vote(replace(vote().person, email=text()), reason=text()) for _ in range(min(many, 20)))
    question = approval(never=(text(),) * many, window=text()[:100], works=works)
    return asked(
        draw(st.sampled_from(list(Stage))),
        report=told_by,
        works=works,
        approval=question,
        standing=Standing(state=State.ASKED, missing=text(), counted=votes),
        gains=(text(),) * many,
        why=text(),
        by=text(),
        until=draw(st.none() | st.just(NOW)),
    )


def marked(value: Any) -> Iterator[str]:
    """Every text in which Slack looks for markup."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for one in value.values():
            yield from marked(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from marked(one)


def is_harmless(blocks: Any) -> None:
    for text in marked(blocks):
        assert text.startswith(("```", "run r-")), "only the change and the last line are markup"
        assert text.count("```") in (0, 2)
    for text in texts(blocks):
        bare = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert not set(bare) & set("&<>"), text
        assert not set(bare) & set("\u202e\u200b\u2060\ufeff\x00\x1b")


@pytest.mark.hazard("H16")
@pytest.mark.invariant("I25")
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(hostile_runs(), st.booleans())
def test_whatever_anybody_wrote_the_card_is_valid_harmless_and_has_its_buttons(run: Shown, in_form: bool) -> None:
    message = card(run, Style(in_form=in_form))
    is_valid(message.blocks)
    is_harmless(message.blocks)
    is_harmless({"text": message.text})
    assert len(message.blocks) <= MOST_BLOCKS
    assert size(message.blocks) <= MOST_TEXT
    if run.stage in (Stage.ASKED, Stage.VOTED, Stage.SNOOZED):
        assert pressable(message) == BUTTONS
    forms = {"a": other_fixes(run), "b": told(run.why), "c": reason_form(Wish.DENY, approval())["blocks"]}
    is_harmless(forms)
    VIEW.validate(json.loads(json.dumps(told_form("Another fix", forms["a"]))))


def test_what_is_left_out_is_the_detail_and_it_is_said() -> None:
    much = report(
        evidence=("e" * 400,) * 9,
        looks=(Finding(asked="l" * 300, verdict=UNKNOWN, said=""),) * 9,
        also=(Also("x", "o" * 400),) * 9,
        proven="no",
    )
    works = tuple(grant(resource="//storage.googleapis.com/" + f"{at}" * 550) for at in range(8))
    message = card(asked(report=much, works=works), PLAIN)
    told_all = said(message)
    assert "more parts did not fit" in told_all
    assert "What else it could be" not in told_all
    assert all(f"{at}" * 550 in told_all for at in range(8))
    assert pressable(message) == BUTTONS


def test_a_change_that_does_not_fit_whole_is_said_not_to_be_all() -> None:
    works = tuple(grant(resource="//storage.googleapis.com/" + f"{at}" * 900) for at in range(10))
    told_all = said(card(asked(works=works), PLAIN))
    assert f"This is not all: read the whole change with `unforbid apply {RUN}` before you decide" in told_all


def test_a_card_that_is_shown_again_is_the_same() -> None:
    one, other = card(asked(), PLAIN), card(asked(), PLAIN)
    assert msgspec.json.encode(one) == msgspec.json.encode(other)


@pytest.mark.parametrize("long", ["a" * 9_000, "<" * 9_000, "💣" * 9_000, "\u202e" * 9_000, "`" * 9_000])
@pytest.mark.parametrize("name", lives())
def test_every_stage_bears_a_text_of_any_length(name: str, long: str) -> None:
    run = replace(
        lives()[name],
        report=report(principal=long, permissions=(Permission(long),), resource=long, title=long, reason=long),
        works=(grant(resource=long, role=Role(long), member=long),),
        why=long,
        by=long,
    )
    message = card(run, PLAIN)
    is_valid(message.blocks)
    is_harmless(message.blocks)
    assert size(message.blocks) <= MOST_TEXT


@pytest.mark.parametrize("name", lives())
def test_every_stage_bears_texts_with_nothing_in_them(name: str) -> None:
    empty = report(principal=" ", permissions=(), resource="", title=" ", reason="", evidence=(" ",), plan=(), looks=())
    message = card(replace(lives()[name], report=empty, why=" \n", by=" "), PLAIN)
    is_valid(message.blocks)
    is_valid(told(" "))
