"""Adapters built from settings, once, on first use."""

from __future__ import annotations

import atexit
import os
import threading
from functools import cache

from shared.adapters.merging_recorder import FLUSH_EVERY, MergingRecorder
from shared.adapters.sqlite_store import SqliteStore
from shared.adapters.system_clock import SystemClock
from shared.errors import StoreUnavailable
from shared.log import log
from shared.ports import Clock, Recorder, Store
from shared.settings import Settings, read_settings


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings(os.environ)


@cache
def clock() -> Clock:
    """The machine's clock."""
    return SystemClock()


@cache
def store() -> Store:
    """The embedded store."""
    return SqliteStore(settings().store)


@cache
def recorder() -> Recorder:
    """This process's recorder, flushed once a second and when the process ends."""
    made = MergingRecorder(store(), clock(), settings().merge_for)
    atexit.register(_flush, made)
    threading.Thread(target=_flush_forever, args=(made,), name="unforbid-flush", daemon=True).start()
    return made


def _flush_forever(made: Recorder) -> None:
    waiting = threading.Event()
    while not waiting.wait(FLUSH_EVERY.total_seconds()):
        _flush(made)


def _flush(made: Recorder) -> None:
    try:
        made.flush()
    except StoreUnavailable as error:
        log("counts_not_written", severity="ERROR", reason=str(error))
