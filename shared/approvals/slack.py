"""A signed request of Slack -> the click it carries: authentic, fresh and in the one form; else a refusal. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

from shared.approvals.webhook import FRESH_FOR, LONGEST_TIME, Signed
from shared.errors import Refused
from shared.model.approval import Person, SlackUser, Vote
from shared.model.codec import from_json, to_json
from shared.model.shown import Click, Wish

CHANNEL = "slack"
LONGEST_BODY = 262_144
"""A click brings the whole message back with it, so this is far more than a click itself takes."""
BLOCK_ACTIONS, VIEW_SUBMISSION = "block_actions", "view_submission"
REASON = "reason"
SLACKBOT = "USLACKBOT"


class _User(Struct, frozen=True, kw_only=True):
    id: str
    team_id: str = ""
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False


class _Team(Struct, frozen=True, kw_only=True):
    id: str
    enterprise_id: str = ""


class _Action(Struct, frozen=True, kw_only=True):
    action_id: str
    value: str = ""


class _Typed(Struct, frozen=True, kw_only=True):
    value: str | None = None


class _State(Struct, frozen=True, kw_only=True):
    values: dict[str, dict[str, _Typed]] = {}


class _View(Struct, frozen=True, kw_only=True):
    private_metadata: str = ""
    state: _State = _State()


class _Payload(Struct, frozen=True, kw_only=True):
    type: str
    user: _User
    team: _Team | None = None
    enterprise: _Team | None = None
    actions: list[_Action] = []
    state: _State | None = None
    view: _View | None = None
    response_url: str = ""
    trigger_id: str = ""


def clicked(request: Signed, secrets: tuple[str, ...], now: datetime) -> Click:
    """The click in a request, once it is proven that Slack sent it, and just now.

    Raises:
        Refused: it is forged, too old, or in another form.
    """
    if not is_signed(request, secrets):
        raise Refused("the request is not signed with a signing secret that is known here")
    if abs(now - _time(request.timestamp)) > FRESH_FOR:
        raise Refused("the request was not sent within the last 5 minutes")
    return read(request)


def is_signed(request: Signed, secrets: tuple[str, ...]) -> bool:
    """Whether one of the secrets signed a request; takes the same time however much of the signature is right."""
    given = request.signature.encode("utf-8", "replace")
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(signature(request.timestamp, request.body, secret).encode(), given)
    return found


def signature(timestamp: str, body: bytes, secret: str) -> str:
    """How Slack signs a request (version v0)."""
    if not secret.strip():
        raise Refused("the signing secret of Slack is not set, so nothing is believed")
    signed = b"v0:" + timestamp.encode("utf-8", "replace") + b":" + body
    return f"v0={hmac.new(secret.encode(), signed, sha256).hexdigest()}"


def read(request: Signed) -> Click:
    """What a request asks for; raises `Refused` for one in another form."""
    payload = _payload(request.body)
    wish, approval, plan_hash = _asked(payload)
    values = payload.view.state.values if payload.view else payload.state.values if payload.state else {}
    return Click(
        wish=wish,
        account=_account(payload),
        approval=approval,
        plan_hash=plan_hash,
        reason=_reason(values, approval),
        typed=payload.type == VIEW_SUBMISSION,
        seat=_seat(payload),
        answer_to=payload.response_url,
        trigger=payload.trigger_id,
        digest=sha256(b"slack." + request.timestamp.encode("utf-8", "replace") + b"." + request.body).digest(),
        proof=to_json(request),
    )


def _payload(body: bytes) -> _Payload:
    if len(body) > LONGEST_BODY:
        raise Refused(f"the request has more than {LONGEST_BODY} bytes")
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=1)
        (said,) = fields["payload"]
        return msgspec.json.decode(said, type=_Payload)
    except (ValueError, KeyError, UnicodeError, msgspec.DecodeError) as error:
        raise Refused("the request is no click: it has to be one form field `payload` with JSON in it") from error


def _asked(payload: _Payload) -> tuple[Wish, str, str]:
    """What was clicked, on which question, with the hash of the plan that was shown."""
    if payload.type == BLOCK_ACTIONS and len(payload.actions) == 1:
        said = f"{payload.actions[0].action_id} {payload.actions[0].value}"
    elif payload.type == VIEW_SUBMISSION and payload.view is not None:
        said = payload.view.private_metadata
    else:
        raise Refused("the request is neither one click on a button nor a form that was sent")
    try:
        wish, approval, plan_hash = said.split(" ")
        return Wish(wish), approval, plan_hash
    except ValueError as error:
        raise Refused("the button is none of a card") from error


def _account(payload: _Payload) -> SlackUser:
    """Whose click it is: the workspace is the person's own, which in a shared channel is not the channel's."""
    team = payload.user.team_id or (payload.team.id if payload.team else "")
    enterprise = payload.enterprise.id if payload.enterprise else payload.team.enterprise_id if payload.team else ""
    return SlackUser(enterprise=enterprise, team=team, user=payload.user.id)


def _seat(payload: _Payload) -> str:
    user, team = payload.user, payload.team
    if user.is_bot or user.id == SLACKBOT:
        return "a bot"
    if user.is_restricted or user.is_ultra_restricted:
        return "a guest"
    same_organisation = payload.enterprise is not None or (team is not None and bool(team.enterprise_id))
    if team and user.team_id and user.team_id != team.id and not same_organisation:
        return "a member of another workspace"
    return ""


def _reason(values: dict[str, dict[str, _Typed]], approval: str) -> str:
    """What was typed for this question; what was typed anywhere else is not a reason for it."""
    for block in (f"{REASON}-{approval}", REASON):
        if (typed := values.get(block, {}).get(REASON)) is not None:
            return typed.value or ""
    return ""


def still_says(vote: Vote, secrets: tuple[str, ...], person_of: Callable[[SlackUser], Person | None]) -> bool:
    """Whether the proof of a vote is a request that Slack signed then, in which its person says exactly this vote.

    `person_of` tells whose an account is now.
    """
    try:
        request = from_json(vote.proof, Signed)
        click = read(request)
        fresh = abs(vote.at - _time(request.timestamp)) <= FRESH_FOR
        signed = is_signed(request, secrets)
    except (Refused, msgspec.DecodeError, UnicodeDecodeError):
        return False
    said = (click.approval, click.plan_hash, click.wish.value, click.reason, click.seat, False)
    same = said == (vote.approval, vote.plan_hash, vote.choice.value, vote.reason, "", vote.strong)
    person = person_of(click.account)
    return signed and fresh and same and person is not None and person.id == vote.person.id


def _time(said: str) -> datetime:
    if not (said.isascii() and said.isdigit() and len(said) <= LONGEST_TIME):
        raise Refused("the request does not say when it was sent, in Unix seconds")
    try:
        return datetime.fromtimestamp(int(said), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Refused("the request does not say when it was sent, in Unix seconds") from error
