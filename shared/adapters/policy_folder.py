"""Good versions of the policy in a folder of this machine: each is a file named by its seal."""

from __future__ import annotations

import os
from pathlib import Path

from shared.errors import NotFound, StoreUnavailable

REMEMBERED = "versions.json"
ENDING = ".policy"


class PolicyFolder:
    """Kept versions in one folder, which is made when something is first kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def remembered(self) -> bytes | None:
        """What was remembered last."""
        try:
            return (self._folder / REMEMBERED).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(f"{self._folder / REMEMBERED} cannot be read: {error.strerror}") from error

    def version(self, seal: str) -> bytes:
        """A version that is kept."""
        try:
            return (self._folder / f"{seal}{ENDING}").read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"{self._folder} has no version {seal[:12]}") from error
        except OSError as error:
            raise StoreUnavailable(f"{self._folder} cannot be read: {error.strerror}") from error

    def keep(self, seal: str, version: bytes, remembered: bytes, needed: frozenset[str]) -> None:
        """Keep a version, then what is remembered, then forget the versions that are not needed."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _replace(self._folder / f"{seal}{ENDING}", version)
            _replace(self._folder / REMEMBERED, remembered)
            for old in self._folder.glob(f"*{ENDING}"):
                if old.stem not in needed:
                    old.unlink(missing_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"{self._folder} cannot be written: {error.strerror}") from error


def _replace(path: Path, data: bytes) -> None:
    half = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        half.write_bytes(data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
