"""Hand-written YAML as typed values: nothing unknown is let through, and every problem is told with its line.

What a scalar means is decided by what is expected there, not by how YAML would guess: `on`, `no`, 1001 and dates
are text where text is expected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec
import yaml
from msgspec import inspect

T = TypeVar("T")
MOST_CHARACTERS, MOST_DEPTH = 262_144, 20
NOTHING = ("", "~", "null")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (`grants[0].on`), on which line, what, and what may have been meant."""

    at: str
    line: int
    said: str

    def __str__(self) -> str:
        """The problem as one line for the person who wrote the file."""
        return f"line {self.line}, {self.at or 'the file'}: {self.said}"


@dataclass
class Places:
    """The line on which each part of a file stands, by its path."""

    lines: dict[str, int] = field(default_factory=dict)

    def problem(self, at: str, said: str) -> Problem:
        """A problem with a part of the file, on the line of the nearest part that stands in it."""
        near = at
        while near not in self.lines and near:
            near = near[: max(near.rfind("."), near.rfind("["), 0)]
        return Problem(at, self.lines.get(near, 1), said)


def read_closed(text: str, kind: type[T]) -> tuple[T | None, Places, list[Problem]]:
    """A text as a value of a struct type; None where there are problems, with all of them."""
    reader = _Reader()
    node, fatal = _composed(text)
    if node is None:
        return None, reader.places, [fatal]
    plain = reader.read(node, inspect.type_info(kind), "")
    if reader.problems:
        return None, reader.places, reader.problems
    return msgspec.convert(plain, kind), reader.places, []


def meant(name: str, known: list[str]) -> str:
    """A hint at the known name that is closest, empty if none is close."""
    close = get_close_matches(name, known, 1, 0.6)
    return f"; did you mean {close[0]}?" if close else ""


def _composed(text: str) -> tuple[yaml.Node | None, Problem]:
    """The node tree of a text, or why there is none; references and deep nesting are not read."""
    if len(text) > MOST_CHARACTERS:
        return None, Problem("", 1, f"larger than {MOST_CHARACTERS} characters")
    try:
        depth = 0
        for event in yaml.parse(text, yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                return None, Problem("", line, "references (&name, *name) are not read here: write it out")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_DEPTH:
                return None, Problem("", line, f"nested more than {MOST_DEPTH} deep")
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or " ".join(str(error).split())
        return None, Problem("", mark.line + 1 if mark else 1, f"not YAML: {said}")
    return node, Problem("", 1, "empty")


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.places = Places()

    def _wrong(self, node: yaml.Node, at: str, said: str) -> None:
        self.problems.append(Problem(at, node.start_mark.line + 1, said))

    def read(self, node: yaml.Node, kind: Any, at: str) -> Any:
        """The plain value of a node for a type; what does not fit is noted and left out."""
        self.places.lines.setdefault(at, node.start_mark.line + 1)
        if isinstance(kind, inspect.UnionType):
            kind = self._chosen(node, kind)
        if isinstance(kind, inspect.StructType) and isinstance(node, yaml.MappingNode):
            return self._struct(node, kind, at)
        if isinstance(kind, inspect.DictType) and isinstance(node, yaml.MappingNode):
            pairs = self._pairs(node, at)
            return {key: self.read(value, kind.value_type, _inside(at, key)) for key, value in pairs.items()}
        if isinstance(kind, inspect.ListType) and isinstance(node, yaml.SequenceNode):
            return [self.read(one, kind.item_type, f"{at}[{place}]") for place, one in enumerate(node.value)]
        if isinstance(kind, inspect.AnyType):
            return self._anything(node, at)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, kind, at)
        self._wrong(node, at, f"{_said(kind)} is expected here, not {_found(node)}")
        return None

    def _chosen(self, node: yaml.Node, union: inspect.UnionType) -> Any:
        """The member of a union that is written like the node; the first one where none is."""
        if isinstance(node, yaml.ScalarNode) and node.style is None and node.value in NOTHING:
            nothing = [one for one in union.types if isinstance(one, inspect.NoneType)]
            if nothing:
                return nothing[0]
        wanted: dict[Any, Any] = {
            yaml.MappingNode: (inspect.StructType, inspect.DictType),
            yaml.SequenceNode: (inspect.ListType,),
        }
        fits = wanted.get(type(node), (inspect.StrType, inspect.BoolType, inspect.IntType, inspect.LiteralType))
        kinds = [one for one in union.types if not isinstance(one, inspect.NoneType)]
        return next((one for one in kinds if isinstance(one, fits)), kinds[0])

    def _pairs(self, node: yaml.MappingNode, at: str) -> dict[str, yaml.Node]:
        pairs: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._wrong(key, at, "a name is expected here, not a list or a mapping")
            elif key.value in pairs:
                self._wrong(key, _inside(at, key.value), "says one name twice")
            else:
                pairs[key.value] = value
        return pairs

    def _struct(self, node: yaml.MappingNode, kind: inspect.StructType, at: str) -> dict[str, Any]:
        fields = {one.encode_name: one for one in kind.fields}
        pairs, plain, hints = self._pairs(node, at), {}, ""
        for name, value in pairs.items():
            if name in fields:
                plain[name] = self.read(value, fields[name].type, _inside(at, name))
                continue
            hint = meant(name, list(fields)) or f"; known are {', '.join(sorted(fields))}"
            self._wrong(value, _inside(at, name), f"not known here{hint}")
            hints += hint
        for name, one in fields.items():
            if one.required and name not in pairs and f"mean {name}?" not in hints:
                self._wrong(node, at, f"{name} is missing")
        return plain

    def _scalar(self, node: yaml.ScalarNode, kind: Any, at: str) -> Any:
        said: str = node.value
        if isinstance(kind, inspect.StrType) and (said or node.style is not None):
            return said
        if isinstance(kind, inspect.BoolType) and said in ("true", "false"):
            return said == "true"
        if isinstance(kind, inspect.IntType) and said.removeprefix("-").isdecimal() and len(said) < 19:
            return int(said)
        if isinstance(kind, inspect.LiteralType):
            choices = [str(one) for one in kind.values]
            if said in choices:
                return said
            self._wrong(node, at, f"{said!r} is none of {', '.join(choices)}{meant(said, choices)}")
        elif not isinstance(kind, inspect.NoneType):
            self._wrong(node, at, f"{_said(kind)} is expected here, not {said!r}")
        return None

    def _anything(self, node: yaml.Node, at: str) -> Any:
        if isinstance(node, yaml.MappingNode):
            return {key: self._anything(one, _inside(at, key)) for key, one in self._pairs(node, at).items()}
        if isinstance(node, yaml.SequenceNode):
            return [self._anything(one, at) for one in node.value]
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        if plain and node.value in ("true", "false"):
            return node.value == "true"
        whole = plain and node.value.removeprefix("-").isdecimal() and len(node.value) < 10
        return int(node.value) if whole else node.value


def _inside(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _said(kind: Any) -> str:
    """A type in words."""
    words: dict[Any, str] = {
        inspect.StructType: "a mapping",
        inspect.DictType: "a mapping",
        inspect.ListType: "a list",
        inspect.StrType: "text",
        inspect.BoolType: "true or false",
        inspect.IntType: "a whole number",
    }
    return words.get(type(kind), "something else")


def _found(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else repr(node.value)
