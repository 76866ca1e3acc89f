"""The production journal: a fix is a document, its lines are documents under it, each created once and never changed.

A line's number is its document's id, so exactly one writer can have it, and so is its place in the chain of all lines:
both are created in one write. A line that was written while its answer was lost is known by its mark to be ours.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import convert, to_builtins

from shared.adapters.firestore_database import EXPIRES, MOST_TRIES, FirestoreDatabase, is_id, key_of, patient
from shared.adapters.sqlite_file import micros
from shared.errors import NotFound, Overtaken, StoreUnavailable
from shared.model.chain import linked
from shared.model.codec import from_json, to_json
from shared.model.journal import Line, Link, Opened

if TYPE_CHECKING:
    from google.cloud.firestore import Client, DocumentReference, Query

    from shared.adapters.firestore_database import Snapshot

FIXES, LINES, CHAIN, LEASES = "fixes", "lines", "chain", "leases"
MOST_BEHIND = 64
"""How often a line looks for the end of the chain again, because lines of other fixes were quicker."""
AT_ONCE = 1_000
CLEANED_UP_AFTER = timedelta(days=1)


def _nobody(_: Line, __: Link) -> None:
    """Nobody is told."""


class FirestoreJournal:
    """The journal port on one database; safe to use from several threads and processes.

    Args:
        database: where it is kept.
        at_once: how many links of the chain are read with one call.
        tell: is told of each line once it is kept, with its place in the chain: to be copied elsewhere.
    """

    def __init__(
        self, database: FirestoreDatabase, at_once: int = AT_ONCE, tell: Callable[[Line, Link], None] = _nobody
    ) -> None:
        self._database, self._at_once, self._tell = database, at_once, tell

    def append(self, line: Line) -> None:
        """Keep a line under its number, which is that of the next one; whoever is second finds it taken.

        Lines are never taken away, so the one before, once seen, is still there when this one is written.
        """
        mark = secrets.token_hex(8)
        with self._database.writing() as client:
            fix = client.collection(FIXES).document(line.fix)
            if line.number and not _line(fix, line.number - 1).get(["at"], **patient()).exists:
                raise Overtaken(f"line {line.number} of {line.fix} is not the next one")
            for _ in range(MOST_BEHIND):
                if link := _appended(client, line, mark):
                    return self._tell(line, link)
                kept = _line(fix, line.number).get(["mark"], **patient())
                if kept.exists and kept.get("mark") == mark:  # the answer to our own write was lost
                    return self._tell(line, _place_of(client, line))
                if kept.exists:
                    raise Overtaken(f"line {line.number} of {line.fix} is written already")
        raise StoreUnavailable(f"line {line.number} of {line.fix} could not be chained: others write all the time")

    def links(self) -> Iterator[Link]:
        """The chain of all lines that were ever kept, from the first on."""
        from google.cloud.firestore import FieldFilter

        after = 0
        while True:
            with self._database.reading() as client:
                later = client.collection(CHAIN).where(filter=FieldFilter("sequence", ">", after))
                found = later.order_by("sequence").limit(self._at_once).get(**patient())
            if not found:
                return
            yield from (_link(one) for one in found)
            after = found[-1].get("sequence")

    def head(self) -> Link | None:
        """The end of that chain, None where nothing was ever written."""
        with self._database.reading() as client:
            return _head(client)

    def lines(self, fix: str) -> list[Line]:
        """Every line of a fix in order."""
        found: list[Any] = []
        if is_id(fix):
            with self._database.reading() as client:
                found = client.collection(FIXES).document(fix).collection(LINES).order_by("__name__").get(**patient())
        if not found:
            raise NotFound(f"there is no fix {fix[:60]!r}; `unforbid runs` lists what there is")
        return [from_json(one.get("line"), Line) for one in found]

    def fixes(self, run: str | None = None) -> list[str]:
        """The ids of all fixes, or those of one run, newest first."""
        from google.cloud.firestore import FieldFilter

        with self._database.reading() as client:
            query: Query = client.collection(FIXES).select(["at"])
            if run is not None:
                query = query.where(filter=FieldFilter("run", "==", run))
            found = [(-one.get("at"), one.id) for one in query.get(**patient())]
        return [fix for _, fix in sorted(found)]

    def unfinished(self) -> list[str]:
        """The ids of the fixes that have not ended."""
        from google.cloud.firestore import FieldFilter

        with self._database.reading() as client:
            open_ones = client.collection(FIXES).select(["at"]).where(filter=FieldFilter("open", "==", True))
            return sorted(one.id for one in open_ones.get(**patient()))

    def take_lease(self, target: str, fix: str, until: datetime, now: datetime) -> bool:
        """Hold a target for a fix until a time, unless another fix holds it."""
        from google.api_core import exceptions

        lease = {"target": target, "fix": fix, "until": micros(until), EXPIRES: until + CLEANED_UP_AFTER}
        for _ in range(MOST_TRIES):
            with self._database.writing() as client:
                held = client.collection(LEASES).document(key_of(target)).get(**patient())
                if held.exists and held.get("fix") != fix and held.get("until") > micros(now):
                    return False
                try:
                    if held.exists:
                        as_read = client.write_option(last_update_time=held.update_time)
                        held.reference.update(lease, option=as_read, **patient())
                    else:
                        held.reference.create(lease, **patient())
                except (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.NotFound):
                    continue  # somebody else was quicker: who holds it now?
                return True
        raise StoreUnavailable(f"the lease on {target} could not be taken: others write it again and again")

    def free_leases(self, fix: str) -> None:
        """Let go of every target that a fix holds: the fix is over, and `unfinished` need not look at it again.

        The leases go first: whoever dies in between leaves a fix that is still unfinished, and is looked at again.
        """
        from google.api_core import exceptions

        with self._database.writing() as client:
            self._free(client, fix)
            with suppress(exceptions.NotFound):
                client.collection(FIXES).document(fix).update({"open": False}, **patient())

    @staticmethod
    def _free(client: Client, fix: str) -> None:
        from google.api_core import exceptions
        from google.cloud.firestore import FieldFilter

        for _ in range(MOST_TRIES):
            held = client.collection(LEASES).where(filter=FieldFilter("fix", "==", fix)).get(**patient())
            if not held:
                return
            for one in held:
                as_read = client.write_option(last_update_time=one.update_time)
                with suppress(exceptions.FailedPrecondition, exceptions.NotFound):  # it is another fix's by now
                    one.reference.delete(option=as_read, **patient())
        raise StoreUnavailable(f"the leases of {fix} could not be freed: they are taken again and again")

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def _appended(client: Client, line: Line, mark: str) -> Link | None:
    """The link of a line that was written, chained to the last one of all at once; None where a number was taken."""
    from google.api_core import exceptions

    fix, link, batch = client.collection(FIXES).document(line.fix), linked(line, _head(client)), client.batch()
    batch.create(_line(fix, line.number), {"at": micros(line.at), "mark": mark, "line": to_json(line)})
    batch.create(client.collection(CHAIN).document(f"{link.sequence:012d}"), to_builtins(link))
    if line.number == 0:
        run = line.body.run if isinstance(line.body, Opened) else None
        batch.create(fix, {"run": run, "at": micros(line.at), "open": True})
    try:
        batch.commit(**patient())
    except exceptions.AlreadyExists:
        return None
    return link


def _place_of(client: Client, line: Line) -> Link:
    """The link of a line that is kept."""
    from google.cloud.firestore import FieldFilter

    of_fix = client.collection(CHAIN).where(filter=FieldFilter("fix", "==", line.fix))
    (found,) = of_fix.where(filter=FieldFilter("number", "==", line.number)).get(**patient())
    return _link(found)


def _head(client: Client) -> Link | None:
    found = client.collection(CHAIN).order_by("sequence", direction="DESCENDING").limit(1).get(**patient())
    return _link(found[0]) if found else None


def _link(found: Snapshot) -> Link:
    return convert(found.to_dict(), Link)


def _line(fix: DocumentReference, number: int) -> DocumentReference:
    line: DocumentReference = fix.collection(LINES).document(f"{number:08d}")
    return line
