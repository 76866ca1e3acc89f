"""The file a catalogue of roles is kept in: mapped to be read, replaced whole to be written."""

from __future__ import annotations

import binascii
import mmap
import os
from base64 import b64decode
from pathlib import Path

from shared.grants.catalogue import Catalogue, CatalogueError


def open_catalogue(path: Path) -> Catalogue:
    """The catalogue in a file, mapped; raises CatalogueError if it is none and OSError if it cannot be opened."""
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # an empty file cannot be mapped
            raise CatalogueError("the catalogue of roles is empty: refresh it with `unforbid roles refresh`") from error
    return Catalogue(mapped)


def unpacked_catalogue(path: Path) -> Catalogue:
    """The catalogue in a file of base64, as an archive carries it, which holds text alone."""
    try:
        return Catalogue(b64decode(path.read_bytes(), validate=True))
    except binascii.Error as error:
        raise CatalogueError(f"{path} is no catalogue of roles in base64: {error}") from error


def write_catalogue(path: Path, data: bytes) -> None:
    """Put a catalogue into a file in one step: whoever has the old one open keeps it, nobody sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        half.write_bytes(data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
