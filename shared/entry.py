"""Around every invocation: the one log line, and which errors ask for redelivery."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable

from shared.errors import Permanent, Retryable
from shared.log import log

Answer = tuple[str, int] | tuple[str, int, dict[str, str]]
Facts = dict[str, object]


def answered(event: str, work: Callable[[], Facts], keep: Callable[[str], Facts]) -> Answer:
    """Do the work of one request and answer it: 200 acknowledges, 503 asks for the message again.

    A defect of ours must neither lose the message nor loop: `keep` puts it into quarantine with the error's name.
    """
    started = time.perf_counter()
    try:
        try:
            facts = work()
        except (Retryable, Permanent):
            raise
        except Exception as error:  # noqa: BLE001 - the one shell around an invocation
            log(event, severity="ERROR", outcome="defect", trace=traceback.format_exc())
            facts = keep(f"a defect of unforbid: {type(error).__name__}")
    except Retryable as error:
        log(event, severity="ERROR", outcome="redelivery", reason=str(error))
        return "try again later", 503
    except Permanent as error:
        log(event, severity="ERROR", outcome="not set up", reason=str(error))
        return "not set up", 500
    severity = str(facts.pop("severity", "INFO"))
    log(event, severity=severity, **facts, ms=round((time.perf_counter() - started) * 1000, 3))
    return "ok", 200
