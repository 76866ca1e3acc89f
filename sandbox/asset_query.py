"""Cloud Asset Inventory's query syntax: `field:words`, `field=exact`, free words, NOT, AND, OR, parentheses.

Source: Cloud Asset Inventory documentation, "Search query syntax". Where AND and OR stand side by side without
parentheses the sandbox refuses: the documentation does not say which binds first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from sandbox.errors import invalid

Fields = dict[str, list[str]]
"""The searchable fields of one result with their values; a list may be empty."""
Matches = Callable[[Fields], bool]
TOKEN = re.compile(r'\s*(\(|\)|(?:[A-Za-z][\w.-]*[:=])?"(?:[^"\\]|\\.)*"|[A-Za-z][\w.-]*[:=](?=\()|[^\s()"]+)')
FIELD = re.compile(r"([A-Za-z][\w.-]*)([:=])(.*)", re.DOTALL)
WORD = re.compile(r"[A-Za-z0-9_&]+")
JOINS = {"AND": all, "OR": any}


def query_of(text: str, known: tuple[str, ...]) -> Matches:
    """What a query selects; raises INVALID_ARGUMENT for one that cannot be read.

    Args:
        text: the query; "" selects everything.
        known: the fields that may be named, `labels.*` for any that begins so.
    """
    tokens = _tokens(text)
    if not tokens:
        return lambda _: True
    found, rest = _several(tokens, "", known)
    if rest:
        raise invalid(f"The query {text!r} has an unmatched parenthesis.")
    return found


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise invalid(f"The query {text!r} cannot be read from character {at + 1} on.")
        tokens.append(found.group(1))
        at = found.end()
    return tokens


def _several(tokens: list[str], prefix: str, known: tuple[str, ...]) -> tuple[Matches, list[str]]:
    """Conditions side by side, up to a closing parenthesis; they are joined by AND unless OR stands between them."""
    parts: list[Matches] = []
    joined: set[str] = set()
    while tokens and tokens[0] != ")":
        if tokens[0] in JOINS and parts:
            joined.add(tokens[0])
            tokens = tokens[1:]
        elif parts:
            joined.add("AND")
        part, tokens = _one(tokens, prefix, known)
        parts.append(part)
    if len(joined) > 1 or not parts:
        raise invalid("The query needs parentheses around what AND joins, or has nothing between them.")
    join = JOINS[joined.pop() if joined else "AND"]
    return lambda fields: join(part(fields) for part in parts), tokens


def _one(tokens: list[str], prefix: str, known: tuple[str, ...]) -> tuple[Matches, list[str]]:
    if not tokens:
        raise invalid("The query ends too early.")
    first, rest = tokens[0], tokens[1:]
    if first == "NOT":
        part, rest = _one(rest, prefix, known)
        return lambda fields: not part(fields), rest
    if first == "(" or (FIELD.fullmatch(first) and first[-1] in ":=" and rest[:1] == ["("]):
        inside, rest = _several(rest if first == "(" else rest[1:], prefix if first == "(" else first, known)
        if rest[:1] != [")"]:
            raise invalid("The query has an unmatched parenthesis.")
        return inside, rest[1:]
    return _term(first if not prefix else prefix + first, known), rest


def _term(term: str, known: tuple[str, ...]) -> Matches:
    named = FIELD.fullmatch(term)
    if named is None:
        wanted = _unquoted(term)
        return lambda fields: any(_has(value, wanted) for values in fields.values() for value in values)
    field, operator, wanted = cast("tuple[str, str, str]", named.groups())
    if not any(field == one or (one.endswith("*") and field.startswith(one[:-1])) for one in known):
        raise invalid(f"The query names the field {field!r}, which cannot be searched.")
    plain = _unquoted(wanted)
    if operator == "=":
        return lambda fields: plain in fields.get(field, [])
    return lambda fields: any(_has(value, plain) for value in fields.get(field, []))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _has(value: str, wanted: str) -> bool:
    """Whether the words of a text stand in a value one after another, in any case; `*` ends the beginning of a word."""
    words, asked = WORD.findall(value.casefold()), WORD.findall(wanted.casefold())
    if not asked:
        return wanted == "*" and bool(words)
    last = str.startswith if wanted.endswith("*") else str.__eq__
    size = len(asked)
    return any(
        words[at : at + size - 1] == asked[:-1] and last(words[at + size - 1], asked[-1])
        for at in range(len(words) - size + 1)
    )
