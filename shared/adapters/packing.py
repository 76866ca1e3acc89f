"""Bytes made smaller to be kept, and as they were: in little memory, for each thread of a server keeps what it used."""

from __future__ import annotations

import zlib

WINDOW_BITS, MEMORY_LEVEL = 13, 5
"""48 KiB while packing where zlib's own choice takes 256 (zconf.h: 2 ** (bits + 2) + 2 ** (level + 9)); small entries
come out as small."""


def packed(data: bytes) -> bytes:
    """The bytes, packed."""
    packing = zlib.compressobj(wbits=WINDOW_BITS, memLevel=MEMORY_LEVEL)
    return packing.compress(data) + packing.flush()


def unpacked(data: bytes) -> bytes:
    """The bytes as they were, however they were packed; raises `zlib.error` for what never was."""
    return zlib.decompress(data)
