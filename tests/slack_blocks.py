"""Slack's Block Kit as a JSON Schema, from its reference pages: the blocks that a card uses, with every limit."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator


def _closed(kind: str, required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"type": {"const": kind}, **properties},
        "required": ["type", *required],
        "additionalProperties": False,
    }


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most}


def plain(most: int) -> dict[str, Any]:
    return _closed("plain_text", ("text",), text=_text(most), emoji={"type": "boolean"})


def _marked(most: int) -> dict[str, Any]:
    """Slack's default is to make links of what looks like one; a card must say that it is not to."""
    return _closed("mrkdwn", ("text", "verbatim"), text=_text(most), verbatim={"const": True})


def _any_text(most: int) -> dict[str, Any]:
    return {"oneOf": [plain(most), _marked(most)]}


ID = _text(255)
BUTTON = _closed(
    "button",
    ("text", "action_id", "value"),
    text=plain(75),
    action_id=ID,
    value=_text(2000),
    style={"enum": ["primary", "danger"]},
)
TYPED = _closed(
    "plain_text_input",
    ("action_id",),
    action_id=ID,
    min_length={"type": "integer", "minimum": 0, "maximum": 3000},
    max_length={"type": "integer", "minimum": 1, "maximum": 3000},
)
HEADER = _closed("header", ("text",), text=plain(150), block_id=ID)
SECTION = {
    **_closed(
        "section",
        (),
        text=_any_text(3000),
        fields={"type": "array", "minItems": 1, "maxItems": 10, "items": _any_text(2000)},
        block_id=ID,
    ),
    "anyOf": [{"required": ["text"]}, {"required": ["fields"]}],
}
CONTEXT = _closed(
    "context",
    ("elements",),
    elements={"type": "array", "minItems": 1, "maxItems": 10, "items": _any_text(2000)},
    block_id=ID,
)
ACTIONS = _closed(
    "actions", ("elements",), elements={"type": "array", "minItems": 1, "maxItems": 25, "items": BUTTON}, block_id=ID
)
INPUT = _closed(
    "input",
    ("label", "element"),
    label=plain(2000),
    element=TYPED,
    optional={"type": "boolean"},
    dispatch_action={"type": "boolean"},
    block_id=ID,
)
BLOCK = {"oneOf": [HEADER, SECTION, CONTEXT, ACTIONS, INPUT]}
BLOCKS = Draft202012Validator({"type": "array", "minItems": 1, "maxItems": 50, "items": BLOCK})
VIEW = Draft202012Validator(
    _closed(
        "modal",
        ("title", "blocks"),
        title=plain(24),
        submit=plain(24),
        close=plain(24),
        callback_id=ID,
        private_metadata=_text(3000),
        blocks={"type": "array", "minItems": 1, "maxItems": 100, "items": BLOCK},
    )
)
