"""What is packed comes back as it was, also what was packed with more memory before."""

from __future__ import annotations

import zlib

import pytest

from shared.adapters.packing import packed, unpacked

LINES = b"".join(b'{"insertId":"i%d","severity":"ERROR"}\n' % number for number in range(20_000))


@pytest.mark.parametrize("data", [b"", b"{}", LINES, bytes(range(256)) * 100])
def test_what_is_packed_comes_back(data: bytes) -> None:
    assert unpacked(packed(data)) == data


def test_what_repeats_itself_becomes_small() -> None:
    assert len(packed(LINES)) < len(LINES) / 5


def test_what_an_earlier_version_packed_is_read() -> None:
    assert unpacked(zlib.compress(LINES)) == LINES


def test_what_never_was_packed_is_an_error() -> None:
    with pytest.raises(zlib.error):
        unpacked(b"plain")
