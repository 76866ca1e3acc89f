"""How roles look in a terminal."""

from __future__ import annotations

from collections import Counter

from rich.table import Table
from rich.text import Text

from shared.cli.draw import console
from shared.grants.choose import ANYWHERE
from shared.grants.danger import floor_of
from shared.grants.sensitivity import is_data
from shared.model.plan import T3
from shared.model.role import RoleChoice, RoleDefinition

SHOWN = 3


def draw_choice(choice: RoleChoice, target: str | None) -> None:
    """The role to give, why, and the candidates it was chosen from."""
    out = console()
    asked = " and ".join(choice.permissions) + (f" on {target}" if target else "")
    out.print(Text.assemble((choice.role or "no role", "bold"), f" for {asked}"))
    out.print(f"  {choice.why}")
    if choice.custom:
        out.print(f"  a custom role would need just: {', '.join(choice.custom)}")
    if not choice.candidates:
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("candidate", "weight", "beyond the ask", "may be given"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "weight" else "left")
    for one in choice.candidates:
        beyond = f"{len(one.excess)}: {' '.join(one.excess[:SHOWN])}{' …' if len(one.excess) > SHOWN else ''}"
        verdict = f"no: {one.refusal}" if one.refusal else "yes"
        table.add_row(one.role, f"{one.score:g}", beyond if one.excess else "nothing", verdict)
    out.print(table)


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
