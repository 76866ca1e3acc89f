"""Bytes become an entry, or a sentence that says why not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Unreadable
from shared.pipeline.read import MOST_BYTES, decode, read


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


def test_an_entry_is_read_with_its_fields() -> None:
    entry = read(b'{"logName":"projects/p/logs/app","insertId":"x","textPayload":"hello"}')
    assert (entry.insert_id, entry.log_id, entry.parent, entry.text_payload) == ("x", "app", "projects/p", "hello")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"not json", "not JSON"),
        (b'{"textPayload":', "not JSON"),
        (b'{"textPayload":NaN}', "not JSON"),
        (b'{"textPayload":"\xff"}', "not UTF-8 at byte 16"),
        (b"[]", "a log entry is a JSON object, this is a list"),
        (b'"text"', "this is a string"),
        (b"7", "this is a number"),
        (b"null", "this is a constant"),
        (b"{}", "neither a payload nor a log name"),
        (b'{"textPayload":"a","textPayload":"b"}', "says one key twice: 'textPayload'"),
        (b'{"jsonPayload":{"a":{"b":1,"c":2,"b":3}}}', "says one key twice: 'b'"),
        (b'{"protoPayload":5}', "wrong type: Expected `object | null`, got `int` - at `$.protoPayload`"),
        (b'{"logName":7,"textPayload":"a"}', "wrong type: Expected `str`, got `int` - at `$.logName`"),
        (b'{"protoPayload":{"authorizationInfo":"all"}}', "at `$.protoPayload.authorizationInfo`"),
        (b'{"protoPayload":{"authenticationInfo":{"principalEmail":["a"]}}}', "principalEmail"),
    ],
)
def test_what_cannot_be_an_entry_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(data)
    assert reason in str(refused.value)


@pytest.mark.hazard("H31")
@pytest.mark.invariant("I24")
def test_an_entry_of_exactly_1_mib_is_read_and_one_byte_more_is_refused() -> None:
    frame = b'{"textPayload":"%s"}'
    exact = frame % (b"x" * (MOST_BYTES - len(frame) + 2))
    assert len(exact) == MOST_BYTES
    assert read(exact).text_payload is not None
    with pytest.raises(Unreadable, match="larger than 1 MiB"):
        read(frame % (b"x" * (MOST_BYTES - len(frame) + 3)))


@pytest.mark.parametrize("depth", [1, 31, 32])
def test_32_levels_are_read(depth: int) -> None:
    assert decode(nested(depth)) is not None
    assert decode(b"[" * depth + b"]" * depth) is not None


@pytest.mark.hazard("H31")
@pytest.mark.parametrize("depth", [33, 40, 900, 100_000])
def test_33_levels_are_refused_whatever_the_containers_are(depth: int) -> None:
    for data in (
        nested(depth),
        b"[" * depth + b"]" * depth,
        b'[{"a":' * (depth // 2 + 1) + b"1" + b"}]" * (depth // 2 + 1),
    ):
        with pytest.raises(Unreadable, match="nested more than 32 deep"):
            decode(data)


def test_siblings_do_not_add_to_the_depth() -> None:
    assert decode(b"[" + b",".join([b"[[]]"] * 500) + b"]") is not None


def test_text_that_looks_like_brackets_and_commas_does_not_matter() -> None:
    value = {"a": "[[[{{{,,,\n" + " " * 80, 'b"c': ',"b":{'}
    assert decode(json.dumps(value).encode()) == value


def test_a_key_hidden_behind_an_escape_is_still_said_twice() -> None:
    hidden = b'{"a":1,"\\u0061":2,"c":"\\u002c"}'
    with pytest.raises(Unreadable, match="says one key twice: 'a'"):
        decode(hidden)


def test_nulls_that_an_exporter_writes_count_as_absent() -> None:
    entry = read(b'{"insertId":null,"protoPayload":{"status":null,"authorizationInfo":null,"methodName":"m"}}')
    assert entry.proto_payload is not None
    assert (entry.insert_id, entry.proto_payload.authorization_info) == ("", [])


def test_fields_replaced_by_dots_count_as_absent() -> None:
    assert read(b'{"resource":"...","protoPayload":{"status":{"code":6}}}').resource_type == ""


keys = st.sampled_from(["a", "b", "c", "d"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([",", '"', "\\", "{[,", "é", "\u002c\n"]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(keys, inner), max_size=4),
    max_leaves=12,
)


def write(value: object) -> str:
    """JSON text in which an object is a list of pairs, so that a key can be said twice."""
    if isinstance(value, list) and value and all(isinstance(item, tuple) for item in value):
        return "{" + ",".join(f"{json.dumps(key)}:{write(item)}" for key, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write(item) for item in value) + "]"
    return json.dumps(value)


def says_one_key_twice(value: object) -> bool:
    if not isinstance(value, list):
        return False
    if value and all(isinstance(item, tuple) for item in value):
        names = [key for key, _ in value]
        return len(set(names)) != len(names) or any(says_one_key_twice(item) for _, item in value)
    return any(says_one_key_twice(item) for item in value)


@pytest.mark.hazard("H31")
@given(values)
def test_exactly_the_documents_that_say_a_key_twice_are_refused(value: object) -> None:
    data = write(value).encode()
    if says_one_key_twice(value):
        with pytest.raises(Unreadable, match="says one key twice"):
            decode(data)
    else:
        assert decode(data) == json.loads(data)
