"""`make proof`: put every change through every event, in as many processes as there are cores, and print the table.

python -m proof                        every single event
python -m proof --pairs                pairs of them, chosen by --seed
python -m proof --case "VM access" --event "kill@17" [--event ...]     one run again
python -m proof --defects              plant each defect, and expect it to be found
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from proof.cases import CASES, START
from proof.defects import DEFECTS, found_all
from proof.events import UnknownEvent, event_of
from proof.life import Life
from proof.runs import Wanted, every_run
from proof.stage import opened
from proof.table import draw, story


def main(given: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; 0 where everything holds, 1 where something is wrong."""
    parser = _parser()
    asked = parser.parse_args(given)
    if asked.event and not asked.case:
        parser.error("--event needs --case: which change is it to happen to?")
    if asked.defects:
        return found_all(sys.stdout.write, asked.case)
    if asked.event:
        return _again(asked)
    return _all(asked)


def _all(asked: argparse.Namespace) -> int:
    began = time.monotonic()
    wanted = Wanted(case=asked.case, seed=asked.seed, pairs=asked.pairs, kind=asked.kind)
    found = every_run(asked.jobs, wanted, _progress(sys.stderr))
    sys.stdout.write(draw(found.rows, found.folded, time.monotonic() - began, asked.seed))
    return int(any(row.wrong for row in found.rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="proof", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="orders interleavings, and chooses pairs")
    parser.add_argument("--case", default="", type=_case, metavar="NAME", help=f"only one of: {', '.join(CASES)}")
    parser.add_argument("--kind", default="", help="only events whose kind begins so")
    parser.add_argument("--event", action="append", default=[], type=_event, metavar="KIND@NUMBER",
                        help="only this one, told line by line")  # fmt: skip
    parser.add_argument("--pairs", action="store_true", help="two events in each run")
    parser.add_argument("--defects", action="store_true", help=f"plant {len(DEFECTS)} defects, and look for each")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many processes")
    return parser


def _case(name: str) -> str:
    if name and name not in CASES:
        raise argparse.ArgumentTypeError(f"there is no case {name!r}; there are: {', '.join(CASES)}")
    return name


def _event(text: str) -> object:
    try:
        return event_of(text)
    except UnknownEvent as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _again(asked: argparse.Namespace) -> int:
    """One run again, told line by line."""
    case, events = CASES[asked.case], tuple(asked.event)
    with opened(START) as stage, stage.scene(case.world(), events) as scene:
        life = Life(scene, case, events, asked.seed)
        ended = life.ended()
        sys.stdout.write(story(life, ended))
    return int(bool(ended.wrong))


def _progress(screen: TextIO) -> Callable[[int, int], None]:
    """What tells on a terminal how far it is; nothing elsewhere."""

    def tell(through: int, total: int) -> None:
        if screen.isatty():
            screen.write(f"\r{through} of {total} runs" if through < total else "\r\033[K")
            screen.flush()

    return tell


if __name__ == "__main__":
    sys.exit(main())
