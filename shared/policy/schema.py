"""The grammar of the policy file as JSON Schema: what an editor needs to complete keys and mark mistakes."""

from __future__ import annotations

from typing import Any

from shared.policy.grammar import (
    ALLOWED,
    DAY,
    NAMED,
    NAMED_TEXTS,
    NEEDED,
    NUMBER,
    PART,
    PARTS,
    SHAPES,
    TEXT,
    TEXTS,
    Expects,
    Key,
)

DRAFT = "https://json-schema.org/draft/2020-12/schema"
PLAIN = r"^[!-)+-~][ -)+-~]*$"
"""Printable ASCII without an asterisk, not beginning with a blank."""
Schema = dict[str, Any]


def schema() -> Schema:
    """The JSON Schema of a policy file. `unforbid policy check` knows more: names, ends, and who may be asked what."""
    parts = {name: _mapping(name) for name in SHAPES if name != "file"}
    parts["then"]["allOf"] = [_by_mode(mode) for mode in ALLOWED]
    title = {
        "$schema": DRAFT,
        "title": "unforbid policy",
        "description": "Which changes may be made, and on whose word",
    }
    return {**title, **_mapping("file"), "$defs": parts}


def _mapping(name: str) -> Schema:
    keys = SHAPES[name]
    made: Schema = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {one: {"description": key.about, **_value(key, one)} for one, key in keys.items()},
    }
    required = [one for one, key in keys.items() if key.required]
    return {**made, "required": required} if required else made


def _value(key: Key, name: str) -> Schema:
    inside, text = {"$ref": f"#/$defs/{key.part}"}, _text(key, name)
    made: dict[Expects, Schema] = {
        TEXT: text,
        TEXTS: _texts(text),
        NUMBER: {"type": "integer", "minimum": key.least, "maximum": key.most},
        DAY: {"type": "string", "format": "date"},
        PART: inside,
        PARTS: {"type": "array", "minItems": 1, "items": inside},
        NAMED: _named(inside),
        NAMED_TEXTS: _named(_texts(text)),
    }
    return made[key.expects]


def _text(key: Key, name: str) -> Schema:
    if key.choices:
        return {"type": "string", "enum": list(key.choices)}
    return {"type": "string", "minLength": 1} if name == "reason" else {"type": "string", "pattern": PLAIN}


def _texts(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "minItems": 1, "uniqueItems": True, "items": one}]}


def _named(one: Schema) -> Schema:
    return {"type": "object", "minProperties": 1, "additionalProperties": one}


def _by_mode(mode: str) -> Schema:
    """What a rule of one mode may and has to say."""
    never = {name: False for name in SHAPES["then"] if name != "mode" and name not in ALLOWED[mode]}
    then: Schema = {"properties": never}
    if mode in NEEDED:
        then["required"] = list(NEEDED[mode])
    return {"if": {"properties": {"mode": {"const": mode}}, "required": ["mode"]}, "then": then}
