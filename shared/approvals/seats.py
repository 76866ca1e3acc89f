"""Votes, places -> who sits where: as many places as can be filled, and nobody on two of them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from shared.model.approval import Vote
from shared.model.decision import Quorum


class Seated(Struct, frozen=True):
    """The places with the vote that fills each, None for an empty one."""

    places: tuple[Quorum, ...]
    votes: tuple[Vote | None, ...]

    def empty(self) -> list[tuple[str, ...]]:
        """For each empty place the groups that could fill it: its own, and those whose people could move to it."""
        return [self._could_fill(at) for at, vote in enumerate(self.votes) if vote is None]

    def _could_fill(self, place: int) -> tuple[str, ...]:
        reached = [place]
        for at in reached:
            movable = (other for other, vote in enumerate(self.votes) if vote and fits(vote, self.places[at]))
            reached.extend(other for other in movable if other not in reached)
        return tuple(dict.fromkeys(self.places[at].name for at in reached))


def fits(vote: Vote, quorum: Quorum) -> bool:
    """Whether somebody may sit on a place of a quorum."""
    return quorum.group_id in vote.groups and (vote.strong or not quorum.strong)


def seated(quorums: Sequence[Quorum], votes: Sequence[Vote]) -> Seated:
    """As many people as possible on the places of the quorums, each person on one (augmenting paths)."""
    places = tuple(quorum for quorum in quorums for _ in range(quorum.need))
    holders: list[Vote | None] = [None] * len(places)
    for vote in votes:
        _seat(vote, places, holders, set())
    return Seated(places, tuple(holders))


def _seat(vote: Vote, places: tuple[Quorum, ...], holders: list[Vote | None], tried: set[int]) -> bool:
    for at, quorum in enumerate(places):
        if at in tried or not fits(vote, quorum):
            continue
        tried.add(at)
        holder = holders[at]
        if holder is None or _seat(holder, places, holders, tried):
            holders[at] = vote
            return True
    return False
