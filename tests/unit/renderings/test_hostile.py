"""Whatever an attacker writes into a line is read to its end in one pass, names nobody and plans nothing."""

from __future__ import annotations

import pytest
from entries import text
from explained import explain

from shared.causes import listen
from shared.renderings.wording import named

MEGABYTE = 1_000_000
SEEDS = (
    "a",
    "permission ",
    "does not have ",
    "projects/",
    "projects/a/b/",
    "x.",
    "user 'a' cannot ",
    "denied (",
    "'\"[(<*",
    "serviceAccounts/a@b.c",
    "org policy violated by ",
    "constraint constraints/a",
    "API [x] not enabled on project [",
    "lacks permission ",
    "\u202e\u200b",
    "{{[[",
    "service-1@gcp-sa-x.iam",
)


@pytest.mark.hazard("H32")
@pytest.mark.invariant("I24")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_of_a_megabyte_built_to_make_a_pattern_slow_is_read(seed: str) -> None:
    line = (seed * (MEGABYTE // len(seed) + 1))[:MEGABYTE]
    named(line)
    listen(line)
    report = explain(text(line))
    assert not any(step.changes for step in report.plan)


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_before_a_refusal_does_not_hide_it(seed: str) -> None:
    line = (seed * 40)[:400] + "\nError 403: Permission 'dns.changes.create' denied on resource 'projects/acme-dns'."
    assert explain(text(line)).verdict == "denial"
