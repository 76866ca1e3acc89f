"""On real texts of others: at least 95 % right, no change where none may be, no invented principal."""

from __future__ import annotations

from pathlib import Path

from bench.corpus import FORMS, LEAST, measure


def test_the_reference_corpus_is_told_right(reference: Path) -> None:
    outcome = measure(reference / "corpus")
    assert not outcome.forbidden
    for form in FORMS:
        assert outcome.share(form) >= LEAST, outcome.wrong
