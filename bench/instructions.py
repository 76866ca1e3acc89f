"""What deciding on one event costs, in units of `orjson.loads` of its entry: instructions counted by valgrind.

Counts do not depend on how busy the machine is. Each statement runs n and 2n times in two processes with the same hash
seed; the difference divided by n is its cost.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 300
SETUP = """
import base64, sys
sys.path[:0] = [{root!r}, {bench!r}]
import events, orjson, pybase64
from shared.model.denial import NotADenial
from shared.pipeline.classify import classify
from shared.pipeline.diagnose import diagnose
from shared.pipeline.gate import gate
from shared.pipeline.glance import glance
from shared.pipeline.plan import plan
from shared.pipeline.read import read
denial, success = events.denial(), events.success()
denied, succeeded = base64.b64encode(denial).decode(), base64.b64encode(success).decode()

def decide(encoded):
    data = pybase64.b64decode(encoded, validate=True)
    refused = glance(data) or classify(read(data))
    if isinstance(refused, NotADenial):
        return refused
    diagnosis = diagnose(refused)
    steps = plan(refused, diagnosis)
    return gate(refused, diagnosis, steps)

assert type(decide(denied)).__name__ == "Decision"
assert type(decide(succeeded)).__name__ == "NotADenial"
for _ in range(100 + {repeats}): {statement}
"""


def units() -> dict[str, float]:
    """The cost of a denial and of an entry to drop, each in units of parsing its own entry."""
    return {
        "denial": _cost("decide(denied)") / _cost("orjson.loads(denial)"),
        "drop": _cost("decide(succeeded)") / _cost("orjson.loads(success)"),
    }


def _cost(statement: str) -> float:
    return (_count(statement, 2 * REPEATS) - _count(statement, REPEATS)) / REPEATS


def _count(statement: str, repeats: int) -> int:
    code = SETUP.format(root=str(ROOT), bench=str(ROOT / "bench"), statement=statement, repeats=repeats)
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONHASHSEED": "0"}
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        raise SystemExit(f"valgrind could not count: {done.stderr[-600:]}")
    return int(found[1])
