"""`unforbid demo --apply`: three stories from the refused call to the same call accepted, and back, in the sandbox.

The sandbox answers Google's own clients on this machine; its clock is turned instead of waiting. The looks, the journal
and the moves are those that would reach Google.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct
from msgspec.structs import replace

from shared.model.journal import Outcome

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.callers import Request
    from sandbox.rehearse import Refused
    from sandbox.world import World
    from shared.execution.fold import Fix
    from shared.model.report import Report
    from shared.pipeline.workshop import Workshop

HERE = Path(__file__).resolve().parents[2]
JOURNAL, GUARDS = Path(".unforbid/demo-journal.db"), Path(".unforbid/demo-guards.db")
STORIES = (
    ("story1-scope-default-account", "1. an upload is refused for lack of a scope"),
    ("story2-api-and-role", "2. impersonation is refused: the API is off, and behind it the role is missing"),
    ("story3-oom-silent-no-role", "3. the agents of a machine were killed, and may not write logs either"),
)
APPROVERS = ("owner@example.com", "security@example.com")
LASTS = timedelta(hours=1)
A_WHILE = timedelta(seconds=20)
"""A workload whose call was refused tries again after a while."""
WELL = (Outcome.FIXED, Outcome.OK, Outcome.NOTHING)


class Stage(Struct, frozen=True, kw_only=True):
    """One story's sandbox as it is served, with everything that carries a fix out against it."""

    world: Any
    endpoint: str
    journal: Any
    guards: Any
    sight: Any
    cloud: Any

    def shop(self) -> Workshop:
        """What one invocation works with; the sandbox's own clock tells the time."""
        from shared.pipeline.workshop import Workshop

        return Workshop(
            sight=self.sight,
            cloud=self.cloud,
            journal=self.journal,
            queue=self.journal,
            clock=self.world.clock,
            guards=self.guards,
            worker=f"demo-{secrets.token_hex(4)}",
        )


def demo_apply(out: Console) -> bool:
    """Tell every story; whether each call went through in the end, and everything was taken back as it was."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    if str(HERE) not in sys.path:
        sys.path.append(str(HERE))
    if JOURNAL.parent.exists() and not JOURNAL.parent.is_dir():
        raise click.ClickException(
            f"{JOURNAL.parent} is in the way: the demo keeps its journal in a folder of that name"
        )
    _forget(JOURNAL)
    ends = [_story(out, name, title) for name, title in STORIES]
    return all(ends)


def _forget(kept: Path) -> None:
    for old in kept.parent.glob(f"{kept.name}*"):
        old.unlink()


def _story(out: Console, name: str, title: str) -> bool:
    from sandbox.rehearse import play, request_in
    from sandbox.scenario import load, shipped, world_of
    from shared.adapters.system_clock import SystemClock

    out.rule(title, align="left", characters="-")
    scenario = load(shipped()[name], SystemClock())
    world = world_of(scenario)
    with _served(world) as stage:
        refused = play(scenario, world, stage.endpoint)
        _tell_call(out, refused)
        before = snapshot(world)
        again = request_in(scenario)
        fixes = [_mend(out, refused.entry, stage, again)]
        if scenario.spec.log == "serial":
            fixes.append(_recover(out, refused.entry, stage, again))
        accepted = _again(out, again, stage)
        restored = _take_back(out, fixes, stage, before)
    out.print()
    return accepted and restored and all(fix.outcome in WELL for fix in fixes)


@contextmanager
def _served(world: World) -> Iterator[Stage]:
    from contextlib import closing

    from sandbox.server import serving
    from shared.adapters.google_clients import GoogleClients
    from shared.adapters.google_cloud import GoogleCloud
    from shared.adapters.google_sight import GoogleSight
    from shared.adapters.sqlite_guards import SqliteGuards
    from shared.adapters.sqlite_journal import SqliteJournal

    _forget(GUARDS)  # every story is an organisation of its own, and so are its budgets
    kept = SqliteJournal(JOURNAL), SqliteGuards(GUARDS)
    with serving(world) as endpoint, closing(kept[0]) as journal, closing(kept[1]) as guards:
        clients = GoogleClients(endpoint)
        yield Stage(
            world=world,
            endpoint=endpoint,
            journal=journal,
            guards=guards,
            sight=GoogleSight(clients),
            cloud=GoogleCloud(clients),
        )


def _recover(out: Console, entry: Any, stage: Stage, again: Request | None) -> Fix:
    """The same entry once more: the agents may write logs by now, and are still silent, so the machine is reset."""
    out.print("\nthe agents may write logs now and are still silent: the same entry looked into again\n", style="bold")
    return _mend(out, entry, stage, again, shown_before=True)


def _mend(out: Console, entry: Any, stage: Stage, again: Request | None, *, shown_before: bool = False) -> Fix:
    """Look, plan, approve and carry out; meanwhile the workload tries its call again and again, as workloads do."""
    from shared.cli.draw import draw_report
    from shared.cli.draw_fix import draw_line, draw_works, ended
    from shared.evidence.case import Ours
    from shared.fixing import approve
    from shared.live import Live
    from shared.model.codec import to_json
    from shared.preparing import Planner, prepare

    live = Live(facts=stage.sight, catalogue=lambda: None, ours=Ours(organization=stage.world.organization))
    planner = Planner(live=live, journal=stage.journal, clock=stage.world.clock)
    prepared = prepare(f"r-{secrets.token_hex(4)}", to_json(entry), planner, LASTS)
    draw_report(out, _what_is_new(prepared.report) if shown_before else prepared.report)
    out.print(f"what would change (tier {prepared.proposal.tier}, plan {prepared.proposal.hash[:8]}):")
    draw_works(out, prepared.proposal.works)
    out.print(f"approved by {' and '.join(APPROVERS)} (in the demo)\n")
    fix = _carried_out(out, approve(prepared, APPROVERS, stage.shop()), stage, again)
    draw_line(out, ended(fix))
    return fix


def _what_is_new(report: Report) -> Report:
    """Of the same entry looked into again only what leads to another plan."""
    proof = tuple(line for line in report.evidence if line.startswith("proven: "))
    return replace(report, evidence=proof, looks=())


def _carried_out(out: Console, fix_id: str, stage: Stage, again: Request | None = None) -> Fix:
    """Carry a fix out and tell it line by line; instead of waiting, the sandbox's clock is turned."""
    from sandbox.callers import make_call
    from shared.cli.draw_fix import Telling, draw_line
    from shared.fixing import work_off

    seen, telling = 0, Telling()

    def tell(fix: Fix) -> None:
        nonlocal seen
        for line in stage.journal.lines(fix.id)[seen:]:
            seen = line.number + 1
            if text := telling(line):
                draw_line(out, text)

    def wait(passed: timedelta) -> None:
        stage.world.clock.turn(passed)
        if again is not None and passed >= A_WHILE:
            make_call(stage.endpoint, again, stage.world)

    return work_off(fix_id, stage.shop, wait, tell)


def _again(out: Console, request: Request | None, stage: Stage) -> bool:
    """The same call once more."""
    from sandbox.callers import make_call

    if request is None:
        return True
    outcome = make_call(stage.endpoint, request, stage.world)
    said = "accepted" if outcome.accepted else f"refused: {outcome.text[:200]}"
    out.print(f"the same call again: {said}", style="bold green" if outcome.accepted else "bold red")
    return outcome.accepted


def _take_back(out: Console, fixes: list[Fix], stage: Stage, before: dict[str, Any]) -> bool:
    """Undo every fix that changed something, last first, and compare the sandbox with what it was."""
    from shared.cli.draw_fix import draw_line, ended
    from shared.fixing import inverses, undo

    out.print("\nand back: unforbid undo", style="bold")
    for fix in reversed(fixes):
        if not inverses(fix):
            out.print(f"{fix.id}: nothing to take back")
            continue
        undone = _carried_out(out, undo(fix.id, APPROVERS, stage.shop()), stage)
        draw_line(out, ended(undone))
    different = differences(before, snapshot(stage.world))
    said = "everything is as it was before" if not different else f"still different: {', '.join(different)}"
    out.print(said, style="bold red" if different else "bold green")
    return not different


def _tell_call(out: Console, refused: Refused) -> None:
    if refused.request is not None and refused.outcome is not None:
        out.print(f"{refused.request.do} on {refused.request.on}: refused", style="bold red")
        out.print(f"  {refused.outcome.text[:300]}\n", style="dim")


def snapshot(world: World) -> dict[str, Any]:
    """What may not stay changed: bindings, APIs, and every machine's account, scopes, size and state."""
    from sandbox.api_state import is_on

    state: dict[str, Any] = {}
    for name, resource in world.resources.items():
        if resource.kind == "objects" or "/operations/" in name:
            continue
        bindings = [(one["role"], sorted(one["members"]), str(one.get("condition"))) for one in
                    resource.policy().get("bindings", ())]  # fmt: skip
        state[name] = sorted(bindings)
        if resource.kind == "instances":
            kept = ("serviceAccounts", "machineType", "status", "id")
            state[f"{name} machine"] = {key: resource.body.get(key) for key in kept}
        if resource.kind == "projects":
            known = {*resource.hidden.get("off", ()), *resource.hidden.get("switched", {})}
            state[f"{name} apis"] = {one: is_on(resource, one, world.now()) for one in sorted(known)}
    return state


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What is not as it was."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
