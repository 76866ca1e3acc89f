"""How roles look in a terminal."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.cli.draw import console
from shared.grants.companions import ANYWHERE, tell
from shared.grants.danger import floor_of
from shared.grants.sensitivity import is_data
from shared.model.plan import T3
from shared.model.role import CustomRole, RoleChoice, RoleDefinition

SHOWN = 3


def draw_choice(choice: RoleChoice, target: str | None) -> None:
    """The role to give, why, the candidates it was chosen from, and the custom role to create if there is none."""
    out = console()
    asked = " and ".join(choice.permissions) + (f" on {target}" if target else "")
    out.print(Text.assemble((choice.role or "no role", "bold"), f" for {asked}"))
    out.print(f"  {choice.why}")
    if choice.candidates:
        out.print(_candidates(choice))
    if choice.custom:
        _draw_custom(out, choice.custom)


def _candidates(choice: RoleChoice) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("candidate", "weight", "beyond the ask", "may be given"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "weight" else "left")
    for one in choice.candidates:
        beyond = f"{len(one.excess)}: {' '.join(one.excess[:SHOWN])}{' …' if len(one.excess) > SHOWN else ''}"
        verdict = f"no: {one.refusal}" if one.refusal else "yes"
        table.add_row(one.role, f"{one.score:g}", beyond if one.excess else "nothing", verdict)
    return table


def _draw_custom(out: Console, custom: CustomRole) -> None:
    """The proposal with texts to paste, which are never broken into lines that a shell would take for several."""
    out.print(Text.assemble("\na custom role would do, for a person to create: ", (custom.id, "bold")))
    for permission in custom.permissions:
        out.print(f"  {permission}")
    for line in (
        *(f"in it: {tell(one)}" for one in custom.companions),
        *(f"not in it: {one}" for one in custom.left_out),
    ):
        out.print(line)
    for line in custom.confirm:
        out.print(f"to be confirmed: {line}", soft_wrap=True)
    out.print(f"\n{custom.gcloud}\n\n{custom.terraform}", soft_wrap=True)


def draw_role(role: RoleDefinition) -> None:
    """Every permission of a role, the dangerous ones first, then those that reach data."""
    out = console()
    out.print(Text.assemble((role.name, "bold"), f" {role.title} ({role.stage}, {len(role.permissions)} permissions)"))
    kinds = {permission: _kind(permission) for permission in role.permissions}
    for kind, count in sorted(Counter(kinds.values()).items()):
        out.print(f"\n{kind[1]} ({count})")
        for permission in role.permissions:
            if kinds[permission] == kind:
                out.print(f"  {permission}")


def _kind(permission: str) -> tuple[int, str]:
    if floor_of(permission, ANYWHERE) is T3:
        return 0, "never handed out by a machine"
    return (1, "reaches data") if is_data(permission) else (2, "other")
