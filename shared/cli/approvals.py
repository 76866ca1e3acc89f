"""`unforbid approvals`: what people are asked and have not answered, and how to say no to it."""

from __future__ import annotations

import getpass
import socket
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from msgspec import Struct

from shared import wiring
from shared.approvals.tally import no_reason, tally
from shared.cli.kept import kept_ballots
from shared.errors import NotFound
from shared.model.approval import Approval, Ended, Ending, Standing
from shared.model.codec import to_json

if TYPE_CHECKING:
    from shared.model.run import Run

BALLOTS = click.option(
    "--ballots",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of questions and votes; default: ballots.db beside UNFORBID_JOURNAL, or Firestore.",
)


class Asked(Struct, frozen=True, kw_only=True):
    """One open question, how it stands, and the run that it is about, None where the store does not have it."""

    approval: Approval
    standing: Standing
    run: Run | None

    def facts(self, now: datetime) -> dict[str, Any]:
        """The JSON form."""
        report = self.run.report if self.run else None
        return {
            "id": self.approval.id,
            "run": self.approval.run,
            "plan_hash": self.approval.plan_hash,
            "tier": self.approval.tier,
            "state": self.standing.state,
            "missing": self.standing.missing,
            "principal": report.principal if report else None,
            "permissions": report.permissions if report else (),
            "resource": report.resource if report else None,
            "works": self.approval.works,
            "agreed": [vote.person.email for vote in self.standing.counted],
            "not_counted": {one.vote.person.email: one.why for one in self.standing.not_counted},
            "expires_at": self.approval.expires_at,
            "minutes_left": max(0, int((self.approval.expires_at - now).total_seconds() // 60)),
        }


@click.group(invoke_without_command=True, short_help="what people are asked, and who is still needed")
@BALLOTS
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def approvals(ctx: click.Context, path: Path | None, form: str) -> None:
    """The open questions: who was refused what, its tier, who is still needed, and for how long it can be answered."""
    ctx.obj = path
    if ctx.invoked_subcommand is not None:
        return
    now = wiring.clock().now()
    found = _open(path, now)
    if form == "json":
        facts = [one.facts(now) for one in found]
        sys.stdout.buffer.write(msgspec.json.format(to_json(facts), indent=2) + b"\n")
        return
    from shared.cli.draw_approvals import draw_asked

    draw_asked(found, now)


@approvals.command(short_help="say no to an open question")
@click.argument("approval_id", metavar="ID")
@click.option("--reason", required=True, help="Why, in 10 characters or more; those who were asked read it.")
@BALLOTS
@click.pass_context
def deny(ctx: click.Context, approval_id: str, reason: str, path: Path | None) -> None:
    """Deny the question ID, which is final; whoever may write the file of questions may do so.

    To agree is possible only through a channel that proves who says so: a name that is typed here would prove nothing.
    """
    if why := no_reason(reason):
        raise click.ClickException(f"nothing was denied: {_who()} {why}")
    with kept_ballots(path or ctx.obj) as ballots:
        if ballots is None:
            raise click.ClickException("nothing was denied: nobody was asked anything yet")
        asked, now = ballots.approval(approval_id), wiring.clock().now()
        wanted = Ended(approval=asked.id, ending=Ending.DENIED, at=now, by=f"terminal:{_who()}", why=reason)
        over = ballots.end(wanted)
    if over != wanted:
        raise click.ClickException(f"{asked.id} had ended before: {over.ending.value}, by {over.by or 'nobody'}")
    click.echo(f"{asked.id} is denied: nothing of run {asked.run} is carried out by it")


def _who() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _open(path: Path | None, now: datetime) -> list[Asked]:
    """Every open question; none where nobody was ever asked."""
    with kept_ballots(path) as ballots:
        if ballots is None:
            return []
        return [
            Asked(approval=one, standing=tally(one, ballots.votes(one.id), None, now), run=_run(one.run))
            for one in ballots.open()
        ]


def _run(run_id: str) -> Run | None:
    """The run that a question is about; None where the store does not have it."""
    try:
        return wiring.store().run(run_id)
    except NotFound:
        return None
