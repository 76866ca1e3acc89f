"""The comparisons of the Logging query language: a field of a log entry, an operator, a value.

Source: Cloud Logging documentation, "Logging query language": the value is converted to the field's type, and a
comparison whose conversion fails is false; so is one with a missing field. A field of the entry's own schema that is
absent has its default value. Of a repeated field one element is enough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from msgspec import Struct

from sandbox.discovery import document
from sandbox.world import Json

SEVERITIES = {"DEFAULT": 0, "DEBUG": 100, "INFO": 200, "NOTICE": 300, "WARNING": 400, "ERROR": 500, "CRITICAL": 600,
              "ALERT": 700, "EMERGENCY": 800}  # fmt: skip
UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION = re.compile(r"([+-]?\d+(?:\.\d+)?)(ns|us|ms|s|m|h)")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d))?")


class QueryError(ValueError):
    """A filter that Cloud Logging would refuse; the message says where it is wrong."""


class Literal(Struct, frozen=True):
    """A value of a filter; `quoted` is whether it stood in double quotes."""

    text: str
    quoted: bool


class Field(Struct, frozen=True, kw_only=True):
    """One field of LogEntry by its path. `kind` is its type, "" inside payloads and labels, where the value tells."""

    path: tuple[str, ...]
    kind: str = ""

    @property
    def is_defaulted(self) -> bool:
        """Whether an absent field has a value all the same: scalars of the entry's own schema do."""
        return self.kind not in ("", "message")


def field_of(parts: list[str]) -> Field:
    """The field behind a path; raises `QueryError` for names that LogEntry does not define."""
    schema: Any = {"$ref": "LogEntry"}
    path = []
    for part in parts:
        schema = _resolved(schema)
        name, schema = _step(schema, part)
        if schema is None:
            raise QueryError(f"Field not found: '{'.'.join(parts)}'.")
        path.append(name)
    return Field(path=tuple(path), kind=_kind(path, _resolved(schema)))


def _resolved(schema: Any) -> Any:
    schema = _schemas()[schema["$ref"]] if "$ref" in schema else schema
    return schema.get("items", schema)


@cache
def _schemas() -> Any:
    return document("logging.v2")["schemas"]


def _step(schema: Any, part: str) -> tuple[str, Any]:
    """One step into a schema: names of messages in any case or style, keys of maps and payloads exactly."""
    known = {_plain(name): name for name in schema.get("properties", {})}
    if name := known.get(_plain(part)):
        return name, schema["properties"][name]
    inner = schema.get("additionalProperties")
    if inner is not None or schema.get("type") == "any":
        return part, inner if inner and inner.get("type") != "any" else {"type": "any"}
    return part, None


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _kind(path: list[str], schema: Any) -> str:
    if path == ["severity"]:
        return "severity"
    if "properties" in schema or "additionalProperties" in schema:
        return "message"
    formats = {"google-datetime": "time", "google-duration": "duration", "int64": "number", "int32": "number"}
    if kind := formats.get(schema.get("format", "")):
        return kind
    is_free = schema.get("type") == "any" or len(path) > 2 or path[0] == "labels"
    return "" if is_free else str(schema.get("type", ""))


def values_of(entry: Json, field: Field) -> list[Any]:
    """Everything a path leads to in an entry, elements of lists one by one; empty where there is nothing."""
    found: list[Any] = [entry]
    for depth, part in enumerate(field.path):
        loose = depth > 0 and field.path[0] == "protoPayload"
        found = [inner for one in found for inner in _inside(one, part, loose=loose)]
    return [leaf for one in found for leaf in _elements(one)]


def _inside(value: Any, part: str, *, loose: bool) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _inside(one, part, loose=loose)
    elif isinstance(value, dict):
        if part in value:
            yield value[part]
        elif loose:
            yield from (one for name, one in value.items() if _plain(name) == _plain(part))


def _elements(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _elements(one)
    else:
        yield value


def leaves_of(value: Any) -> Iterator[str]:
    """The text of every scalar inside a value: what a search without a field looks at."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from leaves_of(one)
    elif value is not None:
        yield _text(value)


def comparison(field: Field, operator: str, literal: Literal) -> Callable[[Json], bool]:
    """Whether an entry fulfils one comparison."""
    if operator == ":" and literal == Literal("*", quoted=False):
        return lambda entry: bool(values_of(entry, field))
    if operator in ("=~", "!~"):
        return _matches(field, operator, literal)

    def holds(entry: Json) -> bool:
        values = values_of(entry, field) or ([_default(field)] if field.is_defaulted else [])
        return any(_compare(field.kind, value, operator, literal) for value in values)

    return holds


def _default(field: Field) -> Any:
    return {"time": "1970-01-01T00:00:00Z", "duration": "0s", "number": 0, "boolean": False}.get(field.kind, "")


def _matches(field: Field, operator: str, literal: Literal) -> Callable[[Json], bool]:
    """RE2, case-sensitive and not anchored, on strings only; the pattern stands in quotes."""
    import re2

    if not literal.quoted:
        raise QueryError("A regular expression must be in double quotes.")
    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(literal.text, options)
    except re2.error as error:
        raise QueryError(f"Invalid regular expression: {literal.text[:100]!r}.") from error
    wanted = operator == "=~"

    def holds(entry: Json) -> bool:
        values = values_of(entry, field) or ([""] if field.kind == "string" else [])
        return any(isinstance(one, str) and (pattern.search(one) is not None) is wanted for one in values)

    return holds


def _compare(kind: str, value: Any, operator: str, literal: Literal) -> bool:
    if value is None or (literal.text == "NULL_VALUE" and not literal.quoted):
        same = value is None and literal.text == "NULL_VALUE" and not literal.quoted
        return same if operator in ("=", ":") else operator == "!=" and not same
    if isinstance(value, dict):
        return operator == ":" and any(folded(literal.text) in folded(one) for one in leaves_of(value))
    ours, theirs = _converted(kind, value), _converted_literal(kind, value, literal)
    if ours is None or theirs is None:
        return False
    if operator == ":":
        return theirs in ours if isinstance(ours, str) else bool(ours == theirs)
    return _ORDER[operator](ours, theirs)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: bool(one == other),
    "!=": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


def _converted(kind: str, value: Any) -> Any:
    if kind in _READS:
        return _READS[kind](_text(value))
    if isinstance(value, bool):
        return value
    return float(value) if isinstance(value, int | float) else folded(str(value))


def _converted_literal(kind: str, value: Any, literal: Literal) -> Any:
    """A literal in the type of the field, None where it cannot be converted."""
    if kind in _READS:
        return _READS[kind](literal.text)
    if isinstance(value, bool):
        return {"true": True, "false": False}.get(literal.text.lower())
    return _number(literal.text) if isinstance(value, int | float) else folded(literal.text)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _severity(text: str) -> float | None:
    return float(SEVERITIES[text.upper()]) if text.upper() in SEVERITIES else _number(text or "0")


def _nanoseconds(text: str) -> int | None:
    """A time as nanoseconds since 1970: RFC 3339 with its zone, or a date, which is its midnight in UTC."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    day, time, fraction, zone = found.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{time or '00:00'}{(zone or 'Z').upper()}")
    except ValueError:
        return None
    whole = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (whole.days * 86_400 + whole.seconds) * 10**9 + int((fraction or "0").ljust(9, "0"))


def _duration(text: str) -> float | None:
    found = _DURATION.fullmatch(text)
    return float(found[1]) * UNITS[found[2]] if found else None


_READS: dict[str, Callable[[str], Any]] = {
    "severity": _severity,
    "time": _nanoseconds,
    "duration": _duration,
    "number": _number,
}


def instant(text: str) -> int:
    """A timestamp of an entry as nanoseconds, to sort by; what is none counts as 1970."""
    return _nanoseconds(text) or 0


def folded(text: str) -> str:
    """A text as strings are compared: NFKC, without the case of letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
