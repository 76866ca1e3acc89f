"""Bytes of a policy file -> its parts with the place of each: a closed reading of YAML.

Anchors, aliases, tags, blank values and keys written twice are refused, as is whatever the grammar has no key for.
What a scalar means is decided by what is expected there, not by how YAML would guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from shared.model.policy import Problem
from shared.policy.grammar import DAY, NAMED, NAMED_TEXTS, NUMBER, PART, PARTS, SHAPES, TEXTS, Key

if TYPE_CHECKING:
    import yaml

MOST_BYTES, MOST_DEPTH, LONGEST_TEXT = 1_048_576, 32, 8_192
BLANK = ("", "~", "null", "Null", "NULL")


class Part(Struct, frozen=True):
    """A value of the file with its place: text, a number, a dict of parts by key, or a list of parts.

    `spoilt` are the keys of a mapping that are there and cannot be used: their problem has been told already.
    """

    value: Any
    line: int
    column: int
    spoilt: frozenset[str] = frozenset()


def of(parts: dict[str, Part], name: str) -> dict[str, Part]:
    """The parts of a mapping behind a key, none where it is not there."""
    found: dict[str, Part] = parts[name].value if name in parts else {}
    return found


def listed(parts: dict[str, Part], name: str) -> list[Part]:
    """The parts of a list behind a key, none where it is not there."""
    found: list[Part] = parts[name].value if name in parts else []
    return found


def texts(parts: dict[str, Part], name: str) -> tuple[str, ...]:
    """The texts of a list behind a key."""
    return tuple(part.value for part in listed(parts, name))


def value_of(parts: dict[str, Part], name: str, otherwise: Any = "") -> Any:
    """The value behind a key."""
    return parts[name].value if name in parts else otherwise


class Page:
    """Everything that is wrong with the file so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, part: Part, said: str) -> None:
        """Note a problem at the place of a part."""
        self.problems.append(Problem(part.line, part.column, said))


def parts_of(data: bytes, page: Page) -> Part | None:
    """The file as parts, without those that are wrong; None where it cannot be read at all. Problems go to the page."""
    from yaml import YAMLError

    if len(data) > MOST_BYTES:
        page.wrong(Part(None, 1, 1), f"the file has {len(data)} bytes: at most {MOST_BYTES} are read, so split it")
        return None
    try:
        node = _composed(data, page)
    except YAMLError as error:
        page.problems.append(_not_yaml(error))
        return None
    except RecursionError:
        page.wrong(Part(None, 1, 1), f"the file is nested more than {MOST_DEPTH} deep: write it flatter")
        return None
    return None if node is None else _Reader(page).mapping(node, "file")


def meant(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that is closest, or at all of a few; empty where there are many and none is close."""
    names = list(known)
    if close := get_close_matches(name, names, 1, 0.6):
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(names)}" if 0 < len(names) <= 12 else ""


def _composed(data: bytes, page: Page) -> yaml.Node | None:
    """The nodes of the file, None where it holds what is never read, with the problems."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth, before = 0, len(page.problems)
    for event in yaml.parse(data, loader):
        at = _at(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            page.wrong(at, "references (&name, *name) are not read: write the value out where it is meant")
        if getattr(event, "tag", None):
            page.wrong(at, "tags (!name) are not read: leave it out, what a value is follows from its key")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            page.wrong(at, f"nested more than {MOST_DEPTH} deep: write it flatter")
            return None
    if len(page.problems) > before:
        return None
    node: yaml.Node | None = yaml.compose(data, loader)
    if node is None:
        page.wrong(Part(None, 1, 1), "the file is empty: it needs at least `version: 1`")
    return node


def _not_yaml(error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or " ".join(str(error).split())
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Problem(line, column, f"this is not YAML: {said[:200]}")


class _Reader:
    def __init__(self, page: Page) -> None:
        self.page = page

    def mapping(self, node: yaml.Node, shape: str) -> Part | None:
        """A mapping by the grammar's shape of that name; the keys that are wrong are left out."""
        here, keys = _at(node), SHAPES[shape]
        pairs = self._pairs(node)
        if pairs is None:
            return None
        found, hinted, spoilt = {}, "", set()
        for name, (key, value) in pairs.items():
            if name not in keys:
                hint = meant(name, keys)
                hinted += hint
                self.page.wrong(key, f"{_quoted(name)} is not a key that is known here{hint}")
            elif (part := self._value(value, keys[name], name)) is not None:
                found[name] = part
            else:
                spoilt.add(name)
        for name, expected in keys.items():
            if expected.required and name not in pairs and f"mean {name}?" not in hinted:
                self.page.wrong(here, f"{name} is missing: {expected.about}")
        return Part(found, here.line, here.column, frozenset(spoilt))

    def _pairs(self, node: yaml.Node) -> dict[str, tuple[Part, yaml.Node]] | None:
        """The keys of a mapping with their places and nodes, None where it is none or blank."""
        import yaml

        here = _at(node)
        if isinstance(node, yaml.ScalarNode) and not node.style and node.value in BLANK:
            self.page.wrong(here, "this is blank, and blank means nothing: fill it or leave its key out")
            return None
        if not isinstance(node, yaml.MappingNode):
            self.page.wrong(here, f"a mapping is expected here, not {_found(node)}")
            return None
        if not node.value:
            self.page.wrong(here, "this mapping is empty, and empty means nothing: fill it or leave its key out")
            return None
        pairs: dict[str, tuple[Part, yaml.Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.page.wrong(_at(key), "a name is expected here as a key, not a list or a mapping")
            elif key.value in pairs:
                first = pairs[key.value][0].line
                self.page.wrong(_at(key), f"{_quoted(key.value)} stands here twice, first on line {first}: keep one")
            else:
                pairs[key.value] = (_at(key), value)
        return pairs

    def _value(self, node: yaml.Node, key: Key, name: str) -> Part | None:
        """What stands behind a key, None where it is not what the key expects."""
        import yaml

        if isinstance(node, yaml.ScalarNode) and not node.style and node.value in BLANK:
            self.page.wrong(_at(node), f"{name} is blank, and blank means nothing: fill it or leave the key out")
            return None
        if key.expects is PART:
            return self.mapping(node, key.part)
        if key.expects is PARTS:
            return self._list(node, lambda one: self.mapping(one, key.part), name)
        if key.expects in (NAMED, NAMED_TEXTS):
            return self._named(node, key, name)
        if key.expects is TEXTS and isinstance(node, yaml.SequenceNode):
            return self._list(node, lambda one: self._scalar(one, key, name), name)
        one = self._scalar(node, key, name)
        return one if key.expects is not TEXTS or one is None else Part([one], one.line, one.column)

    def _named(self, node: yaml.Node, key: Key, name: str) -> Part | None:
        here, pairs = _at(node), self._pairs(node)
        if pairs is None:
            return None
        texts = Key(expects=TEXTS, about="")
        found = {}
        for one, (at, value) in pairs.items():
            part = self.mapping(value, key.part) if key.expects is NAMED else self._value(value, texts, f"{name}.{one}")
            if part is not None:
                found[one] = Part(part.value, at.line, at.column)
        return Part(found, here.line, here.column)

    def _list(self, node: yaml.Node, read: Any, name: str) -> Part | None:
        import yaml

        here = _at(node)
        if not isinstance(node, yaml.SequenceNode):
            self.page.wrong(here, f"{name} is a list: write each entry after a dash, not {_found(node)}")
            return None
        if not node.value:
            self.page.wrong(here, f"{name} is an empty list, and empty means nothing: fill it or leave the key out")
            return None
        found = [part for one in node.value if (part := read(one)) is not None]
        self._twice(found)
        return Part(found, here.line, here.column)

    def _twice(self, found: list[Part]) -> None:
        seen = set()
        for part in found:
            if isinstance(part.value, str):
                if part.value in seen:
                    self.page.wrong(part, f"{_quoted(part.value)} stands in this list twice: keep one")
                seen.add(part.value)

    def _scalar(self, node: yaml.Node, key: Key, name: str) -> Part | None:
        import yaml

        here = _at(node)
        if not isinstance(node, yaml.ScalarNode):
            self.page.wrong(here, f"{name} is {key.expects.value}, not {_found(node)}")
            return None
        said: str = node.value
        problem = _fault(said, plain=not node.style, key=key, name=name)
        if problem:
            self.page.wrong(here, problem)
            return None
        return Part(int(said) if key.expects is NUMBER else said, here.line, here.column)


def _fault(said: str, *, plain: bool, key: Key, name: str) -> str:
    """What is wrong with one scalar behind a key, "" where nothing is."""
    if key.expects is NUMBER:
        whole = plain and said.isascii() and said.isdigit() and len(said) < 10
        fits = whole and key.least <= int(said) <= key.most
        wanted = f"a whole number from {key.least} to {key.most}" if key.least < key.most else f"{key.most}"
        return "" if fits else f"{name} is {wanted}, not {_quoted(said)}"
    if not said.strip():
        return f"{name} is blank, and blank means nothing: fill it or leave the key out"
    if len(said) > LONGEST_TEXT:
        return f"{name} has {len(said)} characters: at most {LONGEST_TEXT} are read"
    if len(key.choices) == 1 and said not in key.choices:
        return f"{name} is {key.choices[0]} here, and nothing else"
    if key.choices and said not in key.choices:
        return f"{_quoted(said)} is not a {name} that is known{meant(said, key.choices)}"
    return _not_plain(said, name) or (_not_a_day(said) if key.expects is DAY else "")


def _not_plain(said: str, name: str) -> str:
    if name == "reason":
        return "" if said.isprintable() else "reason holds characters that cannot be printed: write plain text"
    if not (said.isascii() and said.isprintable()):
        return f"{_quoted(said)} holds characters outside printable ASCII: names that only look alike are refused"
    if "*" in said:
        return f"{_quoted(said)} is a pattern: every name is written out in full, and `*` never matches anything"
    return ""


def _not_a_day(said: str) -> str:
    from datetime import date

    try:
        date.fromisoformat(said)
    except ValueError:
        return f"{_quoted(said)} is no day: write it as 2027-01-31"
    return "" if len(said) == 10 else f"{_quoted(said)} is no day: write it as 2027-01-31"


def _at(node: yaml.Node | yaml.Event) -> Part:
    mark = node.start_mark
    return Part(None, mark.line + 1, mark.column + 1) if mark else Part(None, 1, 1)


def _found(node: yaml.Node) -> str:
    import yaml

    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else _quoted(node.value)


def _quoted(text: str) -> str:
    return ascii(text if len(text) <= 80 else f"{text[:79]}~")
