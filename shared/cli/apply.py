"""`unforbid apply`, `undo` and `work`: carry out what a run's plan says, after people have approved exactly that."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from shared import wiring
from shared.cli.kept import in_firestore, kept_store
from shared.errors import UnforbidError
from shared.model.journal import Outcome

if TYPE_CHECKING:
    from rich.console import Console

    from shared.execution.fold import Fix
    from shared.pipeline.workshop import Workshop
    from shared.preparing import Prepared

SHORT = 8
"""How many characters of a plan's hash a person types to approve it."""
WELL = (Outcome.OK, Outcome.FIXED, Outcome.NOTHING, Outcome.UNDONE)
COULD_NOT_TELL = 3
LONGEST_PAUSE = timedelta(minutes=1)
WORTH_SAYING = timedelta(seconds=2)
BY = click.option("--by", multiple=True, metavar="EMAIL", help="Who approves; once for each person.")
DETACH = click.option("--detach", is_flag=True, help="Only begin it; `unforbid work` carries it out.")


@click.command(short_help="carry out the plan of a run, once it is approved")
@click.argument("run_id", metavar="RUN")
@BY
@click.option("--approve", "typed", metavar="HASH", help="The beginning of the plan's hash, instead of being asked.")
@click.option("--hours", type=click.IntRange(1, 72), help="How long a grant lasts; default 1, or what the rule says.")
@DETACH
def apply(run_id: str, by: tuple[str, ...], typed: str | None, hours: int | None, *, detach: bool) -> None:
    """Look at RUN once more, show what would change, and do it after exactly that is approved.

    Only what is proven is carried out. Everything is journaled before it happens, checked by the original call, and can
    be taken back with `unforbid undo`. Tier T1 takes one person's approval and lasts at most 24 hours, T2 two people's
    and at most 72; whoever was refused, or gains by it, does not count.

    With a policy (UNFORBID_POLICY) its rules decide instead: what they permit is carried out, what they leave to people
    is put to those, and nothing is approved here.

    Exits with 0 where the call works now or nothing had to change, with 3 where that could not be told, else with 1.
    """
    from shared.cli.draw import console
    from shared.fixing import approve, unhindered
    from shared.preparing import Planner, prepare

    out, shop = console(), _shop()
    with kept_store(None) as store:
        run = store.run(run_id)
        entry = store.entry(run.id)
    planner = Planner(live=wiring.live(), journal=shop.journal, clock=shop.clock)
    with out.status("asking Google …") if out.is_terminal else nullcontext():
        prepared = prepare(run.id, entry, planner, timedelta(hours=hours) if hours else None)
        unhindered(prepared, shop.sight)
    _show(out, prepared)
    if wiring.judge() is not None:
        fix = _as_the_rules_say(prepared, shop, is_told_more=bool(by or typed or hours))
        if fix is None:
            return
    else:
        _agree(prepared, typed)
        fix = approve(prepared, by, shop)
    _carry_out(out, fix, detach=detach)


@click.command(short_help="take back what a fix changed")
@click.argument("fix_id", metavar="FIX")
@BY
@click.option("--yes", is_flag=True, help="Do not ask.")
@DETACH
def undo(fix_id: str, by: tuple[str, ...], *, yes: bool, detach: bool) -> None:
    """Take back exactly what FIX changed, last first; what was so before, and what others changed, is left alone.

    It takes one person's approval, and two people's where a machine is interrupted by it once more.
    """
    from shared.cli.draw import console
    from shared.cli.draw_fix import draw_works
    from shared.fixing import to_undo, undo

    out, shop = console(), _shop()
    draw_works(out, to_undo(fix_id, shop.journal))
    if not yes:
        if not sys.stdin.isatty():
            raise click.ClickException("nothing was changed; to take exactly this back, add: --yes --by EMAIL")
        click.confirm("take this back?", abort=True)
    _carry_out(out, undo(fix_id, by, shop), detach=detach)


@click.command(short_help="go on with every fix that is due")
@click.option("--once", is_flag=True, help="Do what is due now and stop, instead of going on until nothing waits.")
def work(*, once: bool) -> None:
    """Carry out what was begun, also after a crash or a restart; end grants whose time is over.

    A machine that a fix left stopped is started. Exits with 1 where something could not be done with --once.
    """
    from shared.fixing import sweep

    if not in_firestore() and not wiring.settings().journal.exists():
        click.echo("no fix was begun yet")
        return
    while True:
        shop = wiring.workshop()
        told = sweep(shop, shop.clock.now())
        counts = {"machines started": told.started, "grants ended": told.ended, "steps taken": told.stepped}
        if any(counts.values()):
            click.echo(", ".join(f"{count} {what}" for what, count in counts.items() if count))
        for failed in told.failed:
            click.echo(f"failed, and is due again: {failed}", err=True)
        due = shop.queue.next_due()
        if once or (due is None and not shop.journal.unfinished()):
            sys.exit(1 if told.failed else 0)
        wait = due - shop.clock.now() if due is not None else LONGEST_PAUSE
        wiring.pause(min(max(wait, timedelta(seconds=1)), LONGEST_PAUSE))


def _shop() -> Workshop:
    """What a fix is carried out with."""
    return wiring.workshop()


def _show(out: Console, prepared: Prepared) -> None:
    from shared.cli.draw import draw_report
    from shared.cli.draw_fix import draw_works

    draw_report(out, prepared.report)
    out.print(f"what would change (tier {prepared.proposal.tier}, plan {prepared.proposal.hash[:SHORT]}):")
    draw_works(out, prepared.proposal.works)


def _as_the_rules_say(prepared: Prepared, shop: Workshop, *, is_told_more: bool) -> str | None:
    """Begin what a rule permits; ask the people whom it leaves it to, and begin nothing."""
    from shared.deciding import ask
    from shared.following import shown
    from shared.model.decision import ASK, AUTO
    from shared.pipeline.execute import open_fix
    from shared.preparing import by_rule

    if is_told_more:
        raise click.UsageError("with a policy nobody is named here: leave --by, --approve and --hours out")
    decision, desk = prepared.decision, wiring.desk()
    if decision.mode is AUTO:
        return open_fix(by_rule(prepared), shop.journal, shop.queue, shop.clock.now())
    if decision.mode is not ASK or desk is None:
        raise click.ClickException(f"nothing was changed ({decision.mode.value}): {'; '.join(decision.reasons)}")
    question = ask(prepared, desk.station, again=True)
    shown(prepared.run, desk)
    click.echo(f"{question.id} is put to those who may decide: `unforbid approvals` says who, and until when")
    return None


def _agree(prepared: Prepared, typed: str | None) -> None:
    """Bind the approval to what was shown: the person types the beginning of its hash."""
    plan_hash = prepared.proposal.hash
    wanted = plan_hash[:SHORT]
    if typed is None:
        if not sys.stdin.isatty():
            by = "--by EMAIL --by EMAIL" if prepared.proposal.tier == "T2" else "--by EMAIL"
            raise click.ClickException(f"nothing was changed; to approve exactly this, add: --approve {wanted} {by}")
        typed = click.prompt(f"to approve exactly this, type {wanted}", default="", show_default=False)
    if len(typed) < SHORT or not plan_hash.startswith(typed):
        said = f"{typed!r} is not the hash of this plan, which begins with {wanted}: read it again, it may have changed"
        raise click.ClickException(f"nothing was changed: {said}")


def _carry_out(out: Console, fix_id: str, *, detach: bool) -> None:
    from shared.cli.draw_fix import draw_line, ended

    if detach:
        out.print(f"{fix_id} is begun; `unforbid work` carries it out, `unforbid runs show {fix_id}` shows it")
        return
    with _goes_on_later(fix_id):
        fix = follow(out, fix_id)
    draw_line(out, ended(fix))
    out.print(f"the whole story: unforbid runs show {fix_id}", style="dim")
    if fix.outcome is Outcome.COULD_NOT_TELL:
        sys.exit(COULD_NOT_TELL)
    if fix.outcome not in WELL:
        sys.exit(1)


@contextmanager
def _goes_on_later(fix_id: str) -> Iterator[None]:
    """Whatever stops us here, the fix is begun and somebody has to know how it goes on."""
    later = f"{fix_id} is begun: `unforbid work` goes on with it"
    try:
        yield
    except UnforbidError as error:
        raise click.ClickException(f"{error}; {later}") from error
    except KeyboardInterrupt:
        click.echo(f"\n{later}", err=True)
        raise


def follow(out: Console, fix_id: str) -> Fix:
    """Carry a fix out and tell each new line of its journal as it is written."""
    from shared.cli.draw_fix import Telling, draw_line
    from shared.fixing import work_off

    seen, telling = 0, Telling()

    def tell(fix: Fix) -> None:
        nonlocal seen
        for line in wiring.journal().lines(fix.id)[seen:]:
            seen = line.number + 1
            if text := telling(line):
                draw_line(out, text)

    def wait(passed: timedelta) -> None:
        is_long = out.is_terminal and passed > WORTH_SAYING
        with out.status(f"looking again in {passed.total_seconds():.0f} s") if is_long else nullcontext():
            wiring.pause(passed)

    return work_off(fix_id, wiring.workshop, wait, tell)
