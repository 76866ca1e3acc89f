"""`unforbid apply` and `unforbid undo`: carry out what a run's plan says, after a person has approved exactly that."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from shared import wiring

if TYPE_CHECKING:
    from rich.console import Console

    from shared.execution.fold import Fix
    from shared.fixing import Prepared

SHORT = 8
"""How many characters of a plan's hash a person types to approve it."""
BY = click.option("--by", multiple=True, metavar="EMAIL", help="Who approves; give it twice where two people must.")
DETACH = click.option("--detach", is_flag=True, help="Only begin it; `unforbid work` carries it out.")


@click.command(short_help="carry out the plan of a run, once you approve it")
@click.argument("run_id", metavar="RUN")
@BY
@click.option("--approve", "typed", metavar="HASH", help="The beginning of the plan's hash, instead of being asked.")
@click.option("--hours", default=1, show_default=True, type=click.IntRange(1, 72), help="How long a grant lasts.")
@DETACH
def apply(run_id: str, by: tuple[str, ...], typed: str | None, hours: int, detach: bool) -> None:
    """Look at RUN once more, show what would change, and do it after you approve exactly that.

    Only what is proven is carried out. Everything is journaled before it happens, checked by the original call, and can
    be taken back with `unforbid undo`.
    """
    from shared.cli.draw import console
    from shared.fixing import approve, prepare

    out, shop = console(), wiring.workshop()
    run = wiring.store().run(run_id)
    entry = wiring.store().entry(run.id)
    out.print("asking Google …", style="dim")
    prepared = prepare(run.id, entry, wiring.live(), shop.clock.now(), timedelta(hours=hours))
    _show(out, prepared)
    _agree(prepared.proposal.hash, typed)
    fix = approve(prepared, by or (_somebody(),), shop)
    _carry_out(out, fix, detach)


@click.command(short_help="take back what a fix changed")
@click.argument("fix_id", metavar="FIX")
@BY
@click.option("--yes", is_flag=True, help="Do not ask.")
@DETACH
def undo(fix_id: str, by: tuple[str, ...], yes: bool, detach: bool) -> None:
    """Take back exactly what FIX changed, last first; what was so before, and what others changed, is left alone."""
    from shared.cli.draw import console
    from shared.cli.draw_fix import draw_works
    from shared.execution.fold import fold
    from shared.fixing import inverses, undo

    out, shop = console(), wiring.workshop()
    works = inverses(fold(shop.journal.lines(fix_id)))
    draw_works(out, works)
    if works and not yes:
        click.confirm("take this back?", abort=True)
    _carry_out(out, undo(fix_id, by or (_somebody(),), shop), detach)


@click.command(short_help="go on with every fix that is due")
@click.option("--once", is_flag=True, help="Do what is due now and stop, instead of going on until nothing waits.")
def work(once: bool) -> None:
    """Carry out what was begun: also after a crash or a restart. Ends grants whose time is over."""
    from shared.fixing import sweep

    shop = wiring.workshop()
    while True:
        counts = sweep(wiring.workshop(), shop.clock.now())
        said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        if said:
            click.echo(said)
        due = shop.queue.next_due()
        if once or due is None:
            return
        time.sleep(min(max((due - shop.clock.now()).total_seconds(), 0.1), 60))


def _show(out: Console, prepared: Prepared) -> None:
    from shared.cli.draw import draw_report
    from shared.cli.draw_fix import draw_works

    draw_report(out, prepared.report)
    out.print(f"what would change (tier {prepared.proposal.tier}, plan {prepared.proposal.hash[:SHORT]}):")
    draw_works(out, prepared.proposal.works)


def _agree(plan_hash: str, typed: str | None) -> None:
    """Bind the approval to what was shown: the person types the beginning of its hash."""
    wanted = plan_hash[:SHORT]
    if typed is None:
        if not sys.stdin.isatty():
            raise click.ClickException(f"nothing was changed; to approve exactly this plan, add: --approve {wanted}")
        typed = click.prompt(f"to approve exactly this, type {wanted}", default="", show_default=False)
    if not typed or not plan_hash.startswith(typed) or len(typed) < SHORT:
        raise click.ClickException(f"nothing was changed: {typed or 'nothing'} is not the beginning of {wanted}")


def _carry_out(out: Console, fix_id: str, detach: bool) -> None:
    if detach:
        out.print(f"{fix_id} is begun; `unforbid work` carries it out, `unforbid runs show {fix_id}` shows it")
        return
    fix = follow(out, fix_id)
    from shared.cli.draw_fix import ended

    out.print(ended(fix))
    out.print(f"the whole story: unforbid runs show {fix_id}", style="dim")
    if fix.outcome is not None and fix.outcome.value in ("failed", "refused", "needs_human", "not_effective"):
        sys.exit(1)


def follow(out: Console, fix_id: str) -> Fix:
    """Carry a fix out and tell each new line of its journal as it is written."""
    from shared.cli.draw_fix import told
    from shared.fixing import work_off

    seen = 0

    def tell(fix: Fix) -> None:
        nonlocal seen
        for line in wiring.journal().lines(fix.id)[seen:]:
            seen = line.number + 1
            if text := told(line):
                out.print(text)

    return work_off(fix_id, wiring.workshop, lambda wait: time.sleep(wait.total_seconds()), tell)


def _somebody() -> str:
    """Who sits at this terminal, as far as the machine knows."""
    import getpass

    return getpass.getuser()
