"""A signed request of another system -> the vote of the person it names: authentic, fresh, once, and then as any vote.

Whoever has a key says who votes: it is for a system that itself proves who somebody is, and never makes a vote strong.
"""

from __future__ import annotations

from shared.approvals.webhook import FRESH_FOR, Signed, digest_of, posted
from shared.deciding import Cast, Said, Station, vote
from shared.errors import Refused
from shared.model.codec import to_json

CHANNEL = "webhook"


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
