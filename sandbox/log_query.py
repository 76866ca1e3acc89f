"""The Logging query language: a filter over LogEntry JSON, as sinks and entries.list take it.

Source: Cloud Logging documentation, "Logging query language". NOT binds closest, then OR, then AND, which may be left
out. SAMPLE, SEARCH, CAST and REGEXP_EXTRACT are not evaluated here: a filter that uses them is refused.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import unquote

from msgspec import Struct

from sandbox.log_values import Field, Literal, QueryError, comparison, field_of, folded, leaves_of, values_of
from sandbox.world import Json

LONGEST = 20_000
DEEPEST = 50
Test = Callable[[Json], bool]
Leaf = Callable[[Literal], Test]
_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*)
    |(?P<op>!=|!~|=~|<=|>=|[:=<>])
    |(?P<mark>[(),])
    |(?P<minus>-(?=[^\s\d-]))
    |(?P<path>[A-Za-z_][\w-]*(?:\.(?:[\w@-]+|"(?:[^"\\]|\\.)*"))*)(?=\s*(?:!=|!~|=~|<=|>=|[:=<>,]))
    |(?P<call>(?!(?:AND|OR|NOT)\()[A-Za-z_]\w*)(?=\()
    |"(?P<text>(?:[^"\\]|\\.)*)"
    |(?P<word>[^\s"():=<>~,]+)""",
    re.X | re.S,
)
_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."]+)', re.S)
_ESCAPE = re.compile(r'\\(?:(["\\])|([abfnrtv])|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{3}))')
_NAMED = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))


class Token(Struct, frozen=True):
    """One piece of a filter: its kind (a group of `_TOKEN`), its text, and where it stands."""

    kind: str
    text: str
    at: int


def matcher(query: str) -> Test:
    """The test that a filter makes of an entry; an empty one lets every entry through.

    Raises:
        QueryError: the filter is not one.
    """
    if len(query) > LONGEST:
        raise QueryError(f"The filter is longer than {LONGEST} characters.")
    return _Parser(query).whole()


def _tokens(query: str) -> list[Token]:
    found, at = [], 0
    while at < len(query):
        token = _TOKEN.match(query, at)
        if token is None:
            raise _wrong_at(query, at, query[at])
        kind = str(token.lastgroup)
        if kind != "blank":
            found.append(Token(kind, token[kind], at))
        at = token.end()
    return found


def unescaped(text: str) -> str:
    """A quoted text without its escapes; those it does not know stay, for regular expressions."""

    def plain(found: re.Match[str]) -> str:
        same, named, *codes = found.groups()
        digits = next((one for one in codes if one), "")
        return same or _NAMED.get(named or "") or chr(int(digits, 8 if codes[2] else 16))

    return _ESCAPE.sub(plain, text)


def _pattern(text: str) -> str:
    """The same for a regular expression, which reads all escapes itself but those of quotes and backslashes."""
    return re.sub(r'\\(["\\])', r"\1", text)


class _Parser:
    """Reads tokens by the grammar; each method takes what it names and gives the test of it."""

    def __init__(self, query: str) -> None:
        self._query, self._tokens, self._at, self._depth = query, _tokens(query), 0, 0

    def whole(self) -> Test:
        if not self._tokens:
            return lambda _: True
        test = self._all_of(None)
        if self._at < len(self._tokens):
            raise self._wrong()
        return test

    def _all_of(self, leaf: Leaf | None) -> Test:
        """Terms joined by AND, spelt out or not. `leaf` is what a bare value means inside `field=(...)`."""
        tests = [self._any_of(leaf)]
        while self._now() and not self._is("mark", ")") and not self._is("mark", ","):
            if self._is("word", "AND"):
                self._take()
            tests.append(self._any_of(leaf))
        return tests[0] if len(tests) == 1 else lambda entry: all(test(entry) for test in tests)

    def _any_of(self, leaf: Leaf | None) -> Test:
        tests = [self._maybe_not(leaf)]
        while self._is("word", "OR"):
            self._take()
            tests.append(self._maybe_not(leaf))
        return tests[0] if len(tests) == 1 else lambda entry: any(test(entry) for test in tests)

    def _maybe_not(self, leaf: Leaf | None) -> Test:
        negated = False
        while self._is("word", "NOT") or self._is("minus"):
            self._take()
            negated = not negated
        test = self._term(leaf)
        return (lambda entry: not test(entry)) if negated else test

    def _term(self, leaf: Leaf | None) -> Test:
        if self._is("mark", "("):
            return self._group(leaf)
        if self._is("call"):
            return self._function()
        if leaf is None and self._is("path"):
            return self._comparison()
        return (leaf or _anywhere)(self._value())

    def _group(self, leaf: Leaf | None) -> Test:
        self._take()
        self._depth += 1
        if self._depth > DEEPEST:
            raise QueryError(f"The filter is nested deeper than {DEEPEST} levels.")
        test = self._all_of(leaf)
        self._expect("mark", ")")
        self._depth -= 1
        return test

    def _comparison(self) -> Test:
        field = field_of(_parts(self._take().text))
        operator = self._expect("op").text
        reads = _pattern if operator in ("=~", "!~") else unescaped

        def compared(literal: Literal) -> Test:
            text = reads(literal.text) if literal.quoted else literal.text
            return comparison(field, operator, Literal(text, literal.quoted))

        return self._group(compared) if self._is("mark", "(") else compared(self._value())

    def _value(self) -> Literal:
        token = self._now()
        if token is None or token.kind not in ("text", "word", "path"):
            raise self._wrong()
        if token.kind != "text" and token.text in ("AND", "OR", "NOT"):
            raise self._wrong()
        self._take()
        if token.kind != "text" and (following := self._now()) is not None and following.kind == "op":
            raise self._wrong()
        return Literal(token.text, token.kind == "text")

    def _function(self) -> Test:
        name = self._take()
        self._expect("mark", "(")
        if name.text.lower() == "ip_in_net":
            field = field_of(_parts(self._expect("path").text))
            self._expect("mark", ",")
            test = _in_net(field, self._value().text)
        else:
            test = _named(name.text.lower(), unescaped(self._value().text))
        self._expect("mark", ")")
        return test

    def _now(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _is(self, kind: str, text: str = "") -> bool:
        token = self._now()
        return token is not None and token.kind == kind and text in ("", token.text)

    def _take(self) -> Token:
        token = self._now()
        if token is None:
            raise self._wrong()
        self._at += 1
        return token

    def _expect(self, kind: str, text: str = "") -> Token:
        if not self._is(kind, text):
            raise self._wrong()
        return self._take()

    def _wrong(self) -> QueryError:
        token = self._now()
        return _wrong_at(self._query, token.at if token else len(self._query), token.text if token else "")


def _wrong_at(query: str, at: int, token: str) -> QueryError:
    """What Cloud Logging says of a filter that it cannot read, with the place."""
    line, column = query.count("\n", 0, at) + 1, at - query.rfind("\n", 0, at)
    return QueryError(f"Unparseable filter: syntax error at line {line}, column {column}, token '{token[:40]}'")


def _parts(path: str) -> list[str]:
    """The parts of a path, quoted ones without their quotes: `labels."a.b/c"` has two."""
    return [plain or unescaped(quoted) for quoted, plain in _PART.findall(path)]


def _anywhere(literal: Literal) -> Test:
    """A value without a field: any field of the entry has it."""
    wanted = folded(unescaped(literal.text) if literal.quoted else literal.text)
    return lambda entry: any(wanted in folded(one) for one in leaves_of(entry))


def _named(function: str, argument: str) -> Test:
    if function == "log_id":
        wanted = folded(argument)
        return lambda entry: folded(unquote(entry.get("logName", "").partition("/logs/")[2])) == wanted
    if function == "source":
        return lambda entry: str(entry.get("logName", "")).partition("/logs/")[0] == argument
    raise QueryError(f"The sandbox does not evaluate the function {function}.")


def _in_net(field: Field, subnet: str) -> Test:
    try:
        net = ipaddress.ip_network(subnet, strict=False)
    except ValueError as error:
        raise QueryError(f"Invalid subnet '{subnet}'.") from error
    return lambda entry: any(_is_in(value, net) for value in values_of(entry, field))


def _is_in(value: object, net: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(str(value)) in net
    except ValueError:
        return False
