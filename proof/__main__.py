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

from proof.cases import CASES, START
from proof.defects import DEFECTS
from proof.life import Event, Life
from proof.runs import Wanted, all_rows
from proof.stage import opened
from proof.table import draw, told


def main() -> int:
    """Run what the arguments ask for; 0 where everything holds."""
    asked = _arguments()
    if asked.defects:
        from proof.defects import found_all

        return found_all(sys.stdout.write, asked.case)
    if asked.event:
        return _again(asked)
    began = time.monotonic()
    rows = all_rows(asked.jobs, Wanted(case=asked.case, seed=asked.seed, pairs=asked.pairs, kind=asked.kind))
    sys.stdout.write(draw(rows, time.monotonic() - began, asked.seed))
    return int(any(row.wrong for row in rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="proof", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="orders interleavings, and chooses pairs")
    parser.add_argument("--case", default="", choices=["", *CASES], metavar="NAME", help="only this case")
    parser.add_argument("--kind", default="", help="only events whose kind begins so")
    parser.add_argument("--event", action="append", default=[], help="KIND@NUMBER: only this, told line by line")
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--defects", action="store_true", help=f"plant {len(DEFECTS)} defects, and look for each")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _again(asked: argparse.Namespace) -> int:
    """One run again, told line by line."""
    parts = [one.rpartition("@") for one in asked.event]
    events = tuple(Event(kind, int(at)) if kind else Event(at) for kind, _, at in parts)
    with opened(START) as stage, stage.scene(CASES[asked.case].world()) as scene:
        life = Life(scene, CASES[asked.case], events, asked.seed)
        ended = life.ended()
        sys.stdout.write(told(life, ended))
    return int(bool(ended.wrong))


if __name__ == "__main__":
    sys.exit(main())
