"""Serialized status details are read, and damaged ones are nothing."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from printed import _field, _packed

from shared.model.denial import ErrorInfo, Violation
from shared.renderings.wire import read_any, read_status, unescape


def status(kind: str, value: bytes) -> str:
    detail = _field(3, _field(1, kind.encode()) + _field(2, value))
    return base64.b64encode(b"\x08\x07" + _field(2, b"refused") + detail).decode()


def test_an_error_info_is_read_with_its_metadata() -> None:
    packed = _packed("SERVICE_DISABLED", "googleapis.com", {"consumer": "projects/7", "long": "x" * 300})
    (found,) = read_status(status("type.googleapis.com/google.rpc.ErrorInfo", packed))
    assert found == ErrorInfo("SERVICE_DISABLED", "googleapis.com", {"consumer": "projects/7", "long": "x" * 300})


def test_precondition_violations_are_read() -> None:
    value = _field(1, _field(1, b"TOS") + _field(2, b"accounts/1") + _field(3, b"accept the terms"))
    (found,) = read_status(status("type.googleapis.com/google.rpc.PreconditionFailure", value))
    assert found == (Violation("TOS", "accounts/1", "accept the terms"),)


def test_other_details_say_nothing() -> None:
    assert read_status(status("type.googleapis.com/google.rpc.Help", b"")) == []


@pytest.mark.parametrize("encoded", ["", "####", "AAAA", "CAcSB3Jl", base64.b64encode(b"\x1a\xff\xff\xff").decode()])
def test_damage_is_nothing_and_no_error(encoded: str) -> None:
    assert read_status(encoded) == []


@given(st.binary(max_size=200))
def test_no_bytes_can_break_the_reader(data: bytes) -> None:
    read_status(base64.b64encode(data).decode())


@given(st.binary(max_size=60))
def test_the_text_form_of_bytes_is_undone(data: bytes) -> None:
    octal = "".join(f"\\{byte:03o}" for byte in data)
    assert unescape(octal) == data
    assert unescape("".join(f"\\x{byte:02x}" for byte in data)) == data


def test_short_escapes_are_undone() -> None:
    assert unescape('a\\n\\t\\"\\\\b') == b'a\n\t"\\b'
    assert read_any("x/google.rpc.ErrorInfo", unescape("\\n\\003A_B")) == ErrorInfo("A_B")
