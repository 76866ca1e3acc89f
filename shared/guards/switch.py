"""The stops that people have set -> which of them holds for a target."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from shared.model.guards import EVERYTHING, Pause

UNREADABLE = "the switch that stops everything cannot be read, which counts as stopped"
NAMES_A_SCOPE = "a scope is `organization`, `folders/NUMBER`, `projects/ID` or `rule:ID`"
PLACES = ("folders/", "projects/", "rule:")


def is_scope(text: str) -> bool:
    """Whether a text names something that can be stopped."""
    kind = next((one for one in PLACES if text.startswith(one)), None)
    rest = text.removeprefix(kind) if kind else ""
    if kind == "folders/":
        return rest.isascii() and rest.isdigit()
    plain = rest.replace("-", "").replace("_", "").replace(".", "").replace(":", "")
    return text == EVERYTHING or (bool(plain) and plain.isascii() and plain.isalnum())


def stopped_by(pauses: Iterable[Pause] | None, under: Collection[str], rules: Collection[str]) -> str:
    """Why nothing may change there, "" where nothing is set: `under` is the target's project, folders and all."""
    if pauses is None:
        return UNREADABLE
    mine = {EVERYTHING, *under, *(f"rule:{one}" for one in rules)}
    found = next((one for one in pauses if one.scope in mine), None)
    if found is None:
        return ""
    return f"{found.by} has stopped {found.scope} ({found.why}): `unforbid resume {found.scope}` goes on"
