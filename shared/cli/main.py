"""`unforbid`: why was this refused, and what would be the narrowest fix?"""

from __future__ import annotations

import click

from shared.cli.apply import apply, undo, work
from shared.cli.approvals import approvals
from shared.cli.audit import audit
from shared.cli.causes import causes
from shared.cli.demo import demo
from shared.cli.doctor import doctor
from shared.cli.explain import explain
from shared.cli.filter import sink
from shared.cli.people import people
from shared.cli.policy import policy
from shared.cli.roles import roles
from shared.cli.runs import runs
from shared.cli.sandbox import sandbox
from shared.cli.serve import serve
from shared.cli.switch import pause, resume, status
from shared.errors import UnforbidError


class _Group(click.Group):
    """Errors of ours are one sentence for the person, never a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except UnforbidError as error:
            raise click.ClickException(str(error)) from error


HELP = """Why was this call to Google Cloud refused, and what would be the narrowest fix?

\b
Start here:
  unforbid explain entry.json   an entry, an array, JSON lines, an error body or pasted text
  unforbid demo                 the stories of samples/ through the real function
  unforbid causes               everything a 403 can mean

\b
Change something, after you have approved exactly that:
  unforbid apply RUN            show what would mend a run, and do it once approved
  unforbid undo FIX             take back what a fix changed
  unforbid work                 go on with what was begun, also after a crash
  unforbid pause                stop every change at once; `unforbid status` shows what is stopped
  unforbid demo --apply         all of it in the sandbox: no credentials, no network
"""


@click.group(cls=_Group, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="unforbid")
def unforbid() -> None:
    """Run one command."""


COMMANDS = (
    *(explain, demo, serve, causes, runs, roles, sandbox),
    *(apply, undo, work, policy, approvals, people, pause, resume, status, audit, sink, doctor),
)
for command in COMMANDS:
    unforbid.add_command(command)
