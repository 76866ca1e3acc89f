"""`make e2e`: the three stories as production runs them. `make e2e-kills`: 200 kills, and the table of what came of it."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))  # Slack, as the tests have it

from e2e.emulators import missing  # noqa: E402


def main(given: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; 0 where everything holds, or there is nothing to run it with."""
    asked = _parser().parse_args(given)
    if why := missing():
        sys.stdout.write(f"e2e is skipped: {why}\n")
        return 0
    os.environ["GRPC_VERBOSITY"] = "NONE"
    with tempfile.TemporaryDirectory(prefix="unforbid-e2e-") as folder:
        if asked.kills:
            return _kills(Path(folder), asked.kills, asked.seed)
        return _stories(Path(folder), asked.story)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="e2e", description=__doc__)
    parser.add_argument("--story", type=int, choices=(1, 2, 3), help="only this one")
    parser.add_argument("--kills", type=int, default=0, help="no stories; so many kills instead")
    parser.add_argument("--seed", type=int, default=1, help="chooses who is killed, and when")
    return parser


def _stories(folder: Path, only: int | None) -> int:
    from e2e.stories import STORIES, NotAsToldError, tell
    from e2e.town import foundations

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    with foundations(folder) as below:
        for number, story in enumerate(STORIES, start=1):
            if only in (None, number):
                try:
                    tell(story, folder, below, say)
                except NotAsToldError as error:
                    say(f"  WRONG: {error}")
                    for log in sorted(folder.glob("*.log")):
                        say(f"== {log.name}\n{log.read_text()[-9000:]}")
                    return 1
    return 0


def _kills(folder: Path, kills: int, seed: int) -> int:
    from e2e.morning import morning
    from e2e.town import foundations

    each, number, left = 50, 0, kills
    with foundations(folder) as below:
        while left > 0:
            t = time.monotonic()
            found = morning(folder, below, seed * 1000 + number, min(each, left))
            print(number, round(time.monotonic() - t, 1), found.kills, found.inside, found.counts)
            for one in found.wrong:
                print("   WRONG", one)
            if found.wrong and os.environ.get("E2E_KEEP"):
                import shutil
                shutil.copytree(folder, os.environ["E2E_KEEP"], dirs_exist_ok=True)
                return 1
            number += 1
            left -= sum(found.kills.values())
    return 0


if __name__ == "__main__":
    sys.exit(main())
