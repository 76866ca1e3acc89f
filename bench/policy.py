"""What a policy costs (`python bench/policy.py`), as ratios within one run against limits.

A ruling: the same step against 1,000 rules over against 10, in instructions counted by valgrind, so that it does not
matter how busy the machine is. Loading: from the compiled file of 1,000 rules to a rulebook that can be asked, over
importing functions_framework, in processor time of the same process; of several processes the best of each counts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from shared.policy.compiled import to_bytes  # the path is set first
from shared.policy.load import load

MANY, FEW, REPEATS, STARTS = 1_000, 10, 200, 9
LIMITS = {"a ruling, 1,000 rules over 10": 1.2, "loading 1,000 rules over importing functions_framework": 0.15}
ASK = """
import sys
sys.path.insert(0, {root!r})
from datetime import UTC, datetime
from shared.model.subject import Subject
from shared.policy.compiled import from_bytes
from shared.policy.rulebook import Rulebook
book = Rulebook(from_bytes(open({path!r}, "rb").read()))
now = datetime(2026, 11, 21, tzinfo=UTC)
subject = Subject(
    source="audit", cause="iam.allow_missing", action="grant_role", permissions=("storage.objects.get",),
    principal="serviceAccount:job-7@acme-dev.iam.gserviceaccount.com", principal_project="projects/acme-dev",
    target="//storage.googleapis.com/projects/_/buckets/b-7", kind="bucket", project="projects/acme-dev",
    ancestry=("projects/77", "folders/1", "organizations/9"), labels={{"env": "dev"}},
    roles=("roles/storage.objectViewer",),
)
assert book.ruling(subject, now).rules == ("rule-7",)
for _ in range({repeats}):
    book.ruling(subject, now)
"""
START = """
import sys
from time import process_time
began = process_time()
import functions_framework
framework = process_time() - began
sys.path.insert(0, {root!r})
from shared.policy.compiled import from_bytes
from shared.policy.rulebook import Rulebook
began = process_time()
Rulebook(from_bytes(open({path!r}, "rb").read()))
print(process_time() - began, framework)
"""
RULE = """\
  - id: rule-{nth}
    when:
      cause: [iam.allow_missing, gcs.iam]
      principal: {{is: "serviceAccount:job-{nth}@acme-dev.iam.gserviceaccount.com"}}
      permission: [storage.objects.get, storage.objects.list]
      target: {{kind: bucket, is: //storage.googleapis.com/projects/_/buckets/b-{nth}, labels: {{env: [dev, test]}}}}
    then: {{mode: approve, action: grant_role, roles: roles/storage.objectViewer, hours: 4, approvers: owners}}
"""


def main() -> int:
    """Measure, print, and say 1 if a limit is broken."""
    measured = dict(ratios())
    table = Table("measure", "figure", "limit", "", box=None, pad_edge=False)
    for name, figure in measured.items():
        limit = LIMITS[name]
        table.add_row(name, f"{figure:.3f}", f"at most {limit}", "ok" if figure <= limit else "BROKEN")
    Console(width=110).print(table)
    return int(any(figure > LIMITS[name] for name, figure in measured.items()))


def ratios() -> Iterator[tuple[str, float]]:
    """Each measure that this machine can take, with its figure."""
    asked, loaded = LIMITS
    with tempfile.TemporaryDirectory() as folder:
        many, few = _compiled(Path(folder) / "many", MANY), _compiled(Path(folder) / "few", FEW)
        if shutil.which("valgrind"):
            yield asked, _cost(many) / _cost(few)
        else:
            print("skipped: instruction counts need valgrind")
        yield loaded, _loading(many)


def _compiled(path: Path, rules: int) -> Path:
    head = 'version: 1\napprovers: {owners: {group_id: "03abc"}}\nrules:\n'
    text = head + "".join(RULE.format(nth=nth) for nth in range(rules))
    path.write_bytes(to_bytes(load(text.encode(), now=datetime(2026, 11, 21, tzinfo=UTC))))
    return path


def _cost(path: Path) -> float:
    return (_count(path, 2 * REPEATS) - _count(path, REPEATS)) / REPEATS


def _count(path: Path, repeats: int) -> int:
    code = ASK.format(root=str(ROOT), path=str(path), repeats=repeats)
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        raise SystemExit(f"valgrind could not count: {done.stderr[-600:]}")
    return int(found[1])


def _loading(path: Path) -> float:
    pairs = [_timed(START.format(root=str(ROOT), path=str(path))) for _ in range(STARTS)]
    return min(took for took, _ in pairs) / min(framework for _, framework in pairs)


def _timed(code: str) -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    took, framework = map(float, done.stdout.split())
    return took, framework


if __name__ == "__main__":
    sys.exit(main())
