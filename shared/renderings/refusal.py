"""A Denial read from words: what applications, agents and clients print, with the JSON bodies among it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.model.denial import Denial, Names, Origin, Signs, Trust
from shared.model.log_entry import LogEntry, instance_of
from shared.model.names import parse_permission, parse_principal, parse_resource
from shared.renderings.body import read_body
from shared.renderings.findings import Findings
from shared.renderings.fold import fold

if TYPE_CHECKING:
    from shared.renderings.wording import Named


def from_words(entry: LogEntry, trust: Trust, value: Any, *, status: int | str = "") -> Denial:
    """The Denial that a text, or a JSON value with texts in it, states; `status` is what the log itself says."""
    from shared.renderings.pairs import read_pairs
    from shared.renderings.wording import add_statuses, named

    found = Findings()
    if status:
        found.add_code(status)
    if isinstance(value, str):
        raw = value
    else:
        read_body(value, found)
        raw = "\n".join(found.texts)
    text = fold(raw)
    read_pairs(text, raw, found)
    names = named(text)
    add_statuses(names, found)
    return _denial(entry, trust, found, text, names)


def _denial(entry: LogEntry, trust: Trust, found: Findings, text: str, names: Named) -> Denial:
    stated: dict[str, str] = {}
    for error in found.errors:
        stated = {**error.metadata, **stated}
    listed = (parse_permission(stated.get("permission", "")), *names.permissions)
    resource = stated.get("resource") or names.resource
    return Denial(
        id=entry.insert_id or None,
        trust=trust,
        status=_status(found.statuses),
        message=text,
        names=Names(
            principal=parse_principal(names.principal) if names.principal else None,
            permissions=tuple(dict.fromkeys(permission for permission in listed if permission)),
            resource=parse_resource(resource) if resource else None,
            service=stated.get("service") or names.service,
            consumer=stated.get("consumer"),
            account=names.account,
            scopes=names.scopes,
        ),
        signs=Signs(
            errors=tuple(found.errors),
            violations=tuple(found.violations),
            reasons=tuple(dict.fromkeys(found.reasons)),
            marks=tuple(dict.fromkeys(found.marks)),
        ),
        origin=Origin(owner=entry.parent or None, instance=instance_of(entry), runs_on=entry.resource_type),
    )


def _status(statuses: list[str]) -> str:
    if "PERMISSION_DENIED" in statuses:
        return "PERMISSION_DENIED"
    failures = [status for status in statuses if status != "OK"]
    return (failures or statuses or [""])[0]
