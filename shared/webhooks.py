"""A signed request of another system -> the vote of the person it names: authentic, fresh, once, and then as any vote.

Whoever has a key says who votes: it is for a system that itself proves who somebody is, and never makes a vote strong.
"""

from __future__ import annotations

from shared.approvals.webhook import FRESH_FOR, Signed, digest_of, posted
from shared.deciding import Cast, Said, Station, vote
from shared.errors import NotFound, Refused, Retryable
from shared.log import log
from shared.model.approval import State
from shared.model.codec import to_json
from shared.ports import Queue

CHANNEL = "webhook"
PATH = "/webhook"
TIMESTAMP, SIGNATURE = "X-Unforbid-Timestamp", "X-Unforbid-Signature"


def answer(request: Signed, keys: tuple[bytes, ...], station: Station, queue: Queue) -> tuple[dict[str, object], int]:
    """What another system is told of its request, with the status of HTTP; a kept vote wakes whoever carries fixes out.

    200: the vote is kept. 409: it is not, and why. 401: the request is not believed. 404: there is no such question.
    503: it is not known whether it was kept; to sign and send it anew is safe.
    """
    try:
        cast = deliver(request, keys, station)
    except Refused as error:
        return _told("not believed", str(error), 401)
    except NotFound as error:
        return _told("unknown question", str(error), 404)
    except Retryable as error:
        return _told("unavailable", str(error), 503)
    if cast.kept or cast.standing.state in (State.APPROVED, State.DENIED):
        queue.put(posted(request, keys, station.clock.now()).approval, station.clock.now())
    return _told("voted" if cast.kept else "not counted", cast.said, 200 if cast.kept else 409)


def _told(outcome: str, said: str, status: int) -> tuple[dict[str, object], int]:
    log("approve", channel=CHANNEL, outcome=outcome, severity="INFO" if status in (200, 409) else "WARNING", said=said)
    return {"kept": status == 200, "said": said}, status


def deliver(request: Signed, keys: tuple[bytes, ...], station: Station) -> Cast:
    """Keep the vote that a request carries, if it is one; what became of it. The proof of the vote is the request.

    Raises:
        Refused: the request is forged, too old, in another form, or was sent before.
        NotFound: there is no such question.
    """
    now = station.clock.now()
    told = posted(request, keys, now)
    if not station.ballots.first_time(digest_of(request), now + 2 * FRESH_FOR):
        raise Refused("this very request was sent before: sign a new one with the time of now")
    said = Said(
        approval=told.approval,
        plan_hash=told.plan_hash,
        choice=told.choice,
        reason=told.reason,
        who=told.person,
        channel=CHANNEL,
        proof=to_json(request),
    )
    return vote(said, station)
