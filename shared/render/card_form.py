"""What a person can click and type: the buttons of a card, where a reason goes, and the forms that a click opens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shared.model.approval import Approval
from shared.model.report import Report
from shared.model.shown import Shown, Stage, Wish
from shared.render.plain import escaped

if TYPE_CHECKING:
    from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, InputBlock

SHORTEST_REASON, LONGEST_REASON = 10, 500
REASON, FORM = "reason", "vote"
LABELS = {Wish.APPROVE: "Approve", Wish.DENY: "Deny", Wish.SNOOZE: "Snooze", Wish.ANOTHER: "Another fix"}
STYLES = {Wish.APPROVE: "primary", Wish.DENY: "danger"}
LINE, MOST_OTHERS = 300, 12


def value_of(approval_id: str, plan_hash: str) -> str:
    """What a button carries, and nothing more: which question, and the hash of the plan that was shown."""
    return f"{approval_id} {plan_hash}"


def buttons(approval: Approval, stage: Stage) -> ActionsBlock:
    """The buttons of a card; of an approved one that waits, the one that stops it."""
    from slack_sdk.models.blocks import ActionsBlock

    wishes = (Wish.DENY,) if stage is Stage.SCHEDULED else tuple(Wish)
    return ActionsBlock(block_id=f"decide-{approval.id}", elements=[_button(one, approval) for one in wishes])


def _button(wish: Wish, approval: Approval) -> ButtonElement:
    from slack_sdk.models.blocks import ButtonElement, PlainTextObject

    return ButtonElement(
        text=PlainTextObject(text=LABELS[wish], emoji=False),
        action_id=wish.value,
        value=value_of(approval.id, approval.plan_hash),
        style=STYLES.get(wish),
    )


def reason_input(approval: Approval) -> InputBlock:
    """Where a reason is typed into the card itself; its name stays, so an edit of the card keeps what was typed."""
    label = f"Reason (at least {SHORTEST_REASON} characters), then decide"
    return _input(f"{REASON}-{approval.id}", label, optional=True)


def _input(block_id: str, label: str, *, optional: bool = False) -> InputBlock:
    from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject

    return InputBlock(
        block_id=block_id,
        label=PlainTextObject(text=label, emoji=False),
        element=PlainTextInputElement(action_id=REASON, min_length=SHORTEST_REASON, max_length=LONGEST_REASON),
        optional=optional,
    )


def reason_form(wish: Wish, approval: Approval) -> dict[str, Any]:
    """The form that asks for a reason; it carries what was clicked, and on which plan."""
    from slack_sdk.models.blocks import PlainTextObject
    from slack_sdk.models.views import View

    return View(
        type="modal",
        callback_id=FORM,
        private_metadata=f"{wish.value} {value_of(approval.id, approval.plan_hash)}",
        title=PlainTextObject(text=f"{LABELS[wish]} {approval.tier}"[:24], emoji=False),
        submit=PlainTextObject(text=LABELS[wish], emoji=False),
        close=PlainTextObject(text="Cancel", emoji=False),
        blocks=[
            _text(f"Plan {escaped(approval.plan_hash[:12], 20)} of run {escaped(approval.run, 40)}"),
            _input(REASON, f"Reason (at least {SHORTEST_REASON} characters)"),
        ],
    ).to_dict()


def told_form(title: str, blocks: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """A form that only tells."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": escaped(title, 24), "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": list(blocks),
    }


def other_fixes(shown: Shown) -> tuple[dict[str, Any], ...]:
    """Every other fix that the report knows, and how to ask for it; reading it changes nothing."""
    told = list(_others(shown.report))[:MOST_OTHERS]
    first = "Nothing is changed by reading this. Other ways that were found:" if told else "No other fix was found."
    how = (
        "To ask for another one, deny this one and say in your reason which it is to be; then carry it out by your own "
        f"means, or ask again with: unforbid apply {escaped(shown.run, 40)}"
    )
    return tuple(_text(one).to_dict() for one in (first, *told, how))


def _others(report: Report) -> Iterator[str]:
    for action in report.plan:
        weighed = action.proof.candidates if action.proof else ()
        for one in weighed:
            if one.role != action.role:
                beyond = f"{one.excess} permissions beyond the ask"
                refused = (
                    f"; not to be given: {one.refusal}" if one.refusal else f". More: unforbid roles show {one.role}"
                )
                yield escaped(f"The role {one.role}, {beyond}{refused}", LINE)
        if action.proof and action.proof.custom:
            yield escaped(
                f"A custom role with no more than this needs, for a person to create: {action.proof.custom.gcloud}", 900
            )
    for action in report.plan:
        if not action.changes:
            yield escaped(f"By hand: {action.why}", LINE)
    for also in report.also:
        yield escaped(f"If it is {also.cause}: {also.why}. More: unforbid causes {also.cause}", LINE)


def _text(text: str) -> Block:
    from slack_sdk.models.blocks import PlainTextObject, SectionBlock

    return SectionBlock(text=PlainTextObject(text=text, emoji=False))


def told(sentence: str) -> tuple[dict[str, Any], ...]:
    """A sentence for one person, as blocks."""
    return (_text(escaped(sentence, 1_500) or "Nothing more is known.").to_dict(),)
