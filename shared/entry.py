"""Around every invocation: the one log line, and which errors ask for redelivery."""

from __future__ import annotations

import time
from collections.abc import Callable

from shared.errors import Permanent, Retryable, where
from shared.log import log

Answer = tuple[str, int] | tuple[str, int, dict[str, str]]
Facts = dict[str, object]
KEPT = ("ok", 200)


def turned_away(event: str, stranger: Callable[[], str]) -> Answer | None:
    """The answer to whoever is none of our callers, None for one that is; could not tell is a no."""
    try:
        why = stranger()
    except (Retryable, Permanent) as error:
        return _failed(event, error)
    except Exception as error:  # noqa: BLE001 - likewise
        log(event, severity="ERROR", outcome="defect", trace=where(error))
        return "try again later", 503
    if not why:
        return None
    log(event, severity="WARNING", outcome="turned away", reason=why)
    return "not for you", 403


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
            log(event, severity="ERROR", outcome="defect", trace=where(error))
            facts = keep(f"a defect of unforbid: {type(error).__name__}")
    except (Retryable, Permanent) as error:
        return _failed(event, error)
    severity = str(facts.pop("severity", "INFO"))
    log(event, severity=severity, **facts, ms=round((time.perf_counter() - started) * 1000, 3))
    return KEPT


def _failed(event: str, error: Retryable | Permanent) -> Answer:
    """What is answered where nothing could be done: come again, or that an operator has to mend the settings."""
    again = isinstance(error, Retryable)
    log(event, severity="ERROR", outcome="redelivery" if again else "not set up", reason=str(error))
    return ("try again later", 503) if again else ("not set up", 500)
