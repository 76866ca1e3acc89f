"""`make e2e`: the three stories as production runs them. `make e2e-kills`: 200 kills, and the table of their ends."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))  # Slack, as the tests have it

from e2e.emulators import missing  # noqa: E402

Say = Callable[[str], object]
IN_A_MORNING = 50
"""At most so many kills: then there is a new organisation, with new fixes to disturb."""
MOST_MORNINGS = 20


def main(given: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; 0 where everything holds, or there is nothing to run it with."""
    asked = _parser().parse_args(given)
    if why := missing():
        sys.stdout.write(f"e2e is skipped: {why}\n")
        return 0
    os.environ["GRPC_VERBOSITY"] = "NONE"
    for asked_to_stop in (signal.SIGINT, signal.SIGTERM):  # in the background SIGINT would be ignored
        signal.signal(asked_to_stop, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="unforbid-e2e-") as made:
        folder = Path(asked.logs or made)
        folder.mkdir(parents=True, exist_ok=True)
        with _heard(folder) as say:
            return _kills(folder, asked.kills, asked.seed, say) if asked.kills else _stories(folder, asked.story, say)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="e2e", description=__doc__)
    parser.add_argument("--story", type=int, choices=(1, 2, 3), help="only this one")
    parser.add_argument("--kills", type=int, default=0, help="no stories: so many kills instead")
    parser.add_argument("--seed", type=int, default=1, help="chooses who is killed, and when")
    parser.add_argument("--logs", metavar="FOLDER", help="an empty folder in which the functions' logs are kept")
    return parser


@contextmanager
def _heard(folder: Path) -> Iterator[Say]:
    """What speaks to whoever started this.

    What the program logs meanwhile goes into a file beside the functions', as does what the stand-ins say of requests
    whose senders were killed halfway.
    """
    spoken, complained = os.dup(1), os.dup(2)
    kept = os.open(folder / "terminal.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(kept, stream)
    try:
        yield lambda text: os.write(spoken, f"{text}\n".encode())
    finally:
        os.dup2(spoken, 1)
        os.dup2(complained, 2)
        for one in (spoken, complained, kept):
            os.close(one)


def _stories(folder: Path, only: int | None, say: Say) -> int:
    from e2e.stories import STORIES, NotAsToldError, tell
    from e2e.town import foundations

    with foundations(folder) as below:
        for number, story in enumerate(STORIES, start=1):
            if only not in (None, number):
                continue
            try:
                tell(story, folder, below, say)
            except NotAsToldError as error:
                say(f"  WRONG  {error}\n  look into it with: python -m e2e --story {number} --logs FOLDER")
                return 1
    return 0


def _kills(folder: Path, kills: int, seed: int, say: Say) -> int:
    from e2e.morning import Happened, morning
    from e2e.table import draw
    from e2e.town import foundations

    began, mornings, left = time.monotonic(), list[Happened](), kills
    with foundations(folder) as below:
        while left > 0 and len(mornings) < MOST_MORNINGS:
            mornings.append(morning(folder, below, seed * 1_000 + len(mornings), min(IN_A_MORNING, left)))
            left -= sum(mornings[-1].killed.values())
            say(f"morning {len(mornings)}: {kills - left} of {kills} kills, {len(mornings[-1].wrong)} wrong")
    say("\n" + draw(mornings, time.monotonic() - began, seed))
    return int(any(one.wrong for one in mornings))


if __name__ == "__main__":
    sys.exit(main())
