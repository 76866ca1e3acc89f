"""Journal, Sight, a span of time -> whether every change of ours in it stands in the journal and in Google's log.

Asked are the projects that the journal names in the thirty days before; what could not be read is told, and never
counts as a match.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.pipeline.compare import AROUND, Difference, Effected, Log, Span, compare, effects_of, resource_of
from shared.ports import Journal, Sight

SETTLED = timedelta(minutes=15)
"""How long after a call its entry is looked for: entries come late."""
NAMED_FOR = timedelta(days=30)
"""How long a project is looked at after the journal named it."""
UNDER_WAY = timedelta(hours=1)
"""How long before its last entry an operation may have begun: its first one tells who called, and why."""
NOT_TOLD = (LookFailed, NotAllowedToLook, NotFound)


class LookedBack(Struct, frozen=True, kw_only=True):
    """What the journal and Google's log do not agree on, and what could not be told.

    `effects` are those that the journal tells of the span, `calls` those that the logs of these `projects` do.
    """

    differences: tuple[Difference, ...] = ()
    untold: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    effects: int = 0
    calls: int = 0


def look_back(
    journal: Journal, sight: Sight, accounts: frozenset[str], span: Span, also: Iterable[str] = ()
) -> LookedBack:
    """Compare a span of time; `also` names further projects, by id, number or with their collection.

    Raises:
        StoreUnavailable: the journal cannot be read.
        ValueError: no account is named, and what nobody did is no proof of anything.
    """
    if not accounts:
        raise ValueError("none of our accounts is named")
    return _Look(journal, sight, accounts, span).back(also)


class _Look:
    """One look back: what could not be told so far."""

    def __init__(self, journal: Journal, sight: Sight, accounts: frozenset[str], span: Span) -> None:
        self._journal, self._sight, self._accounts, self._span = journal, sight, accounts, span
        self._untold: dict[str, None] = {}

    def back(self, also: Iterable[str]) -> LookedBack:
        """Everything compared, once."""
        effects = list(self._effects())
        owners = self._owners(effects)
        named = [one if "/" in one else f"projects/{one}" for one in also]
        ids = {owner: self._id_of(owner) for owner in dict.fromkeys((*owners.values(), *named)) if owner}
        placed = [replace(one, project=ids.get(owners[resource_of(one.effect)], "")) for one in effects]
        read = [self._log_of(project, placed) for project in dict.fromkeys(ids.values()) if project]
        logs = tuple(log for log in read if log is not None)
        return LookedBack(
            differences=compare(placed, logs, self._span),
            untold=tuple(self._untold),
            projects=tuple(log.project for log in logs),
            effects=sum(1 for one in placed if self._happened(one)),
            calls=sum(1 for log in logs for call in log.calls if self._span.has(call.at)),
        )

    def _effects(self) -> Iterator[Effected]:
        """The effects of all fixes that were begun lately, or have not ended."""
        open_ones = self._journal.unfinished()
        for name in dict.fromkeys([*open_ones, *self._journal.fixes()]):
            try:
                lines = self._journal.lines(name)
                found = effects_of(lines)
            except (NotFound, ValueError) as error:
                self._untold[f"what {name} did: {error}"] = None
                continue
            if name not in open_ones and lines[0].at < self._span.until - NAMED_FOR:
                return
            yield from found

    def _owners(self, effects: list[Effected]) -> dict[str, str]:
        """The project of each resource by its name, "" where that could not be told."""
        happened = {resource_of(one.effect) for one in effects if self._happened(one)}
        return {
            name: self._owner_of(name, matters=name in happened)
            for name in dict.fromkeys(resource_of(one.effect) for one in effects)
        }

    def _owner_of(self, resource: str, *, matters: bool) -> str:
        try:
            return self._sight.project_of(resource)
        except NOT_TOLD as error:
            if matters:
                self._untold[f"which project {resource} is in: {error}"] = None
            return ""

    def _id_of(self, owner: str) -> str:
        """The id of a project; the journal names some by id and some by number."""
        try:
            return self._sight.project(owner).id
        except NOT_TOLD as error:
            self._untold[f"{owner}: {error}"] = None
            return ""

    def _log_of(self, project: str, effects: list[Effected]) -> Log | None:
        begun = (one.since - AROUND for one in effects if one.project == project and self._happened(one))
        since = min((self._span.since - UNDER_WAY, *begun))
        try:
            calls = self._sight.own_calls(f"projects/{project}", self._accounts, since, self._span.until + AROUND)
        except NOT_TOLD as error:
            self._untold[f"projects/{project}: {error}"] = None
            return None
        ours = {one.lower() for one in self._accounts}
        return Log(
            project=project,
            calls=tuple(one for one in calls if one.by.lower() in ours),
            others=tuple(one for one in calls if one.by.lower() not in ours),
        )

    def _happened(self, one: Effected) -> bool:
        return one.happened is not None and self._span.has(one.happened)
