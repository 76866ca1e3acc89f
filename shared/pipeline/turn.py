"""An item of the queue -> whoever knows what to do about it: a fix is taken further, an errand is run."""

from __future__ import annotations

from shared.execution.fold import Fix
from shared.model.items import ERRANDS
from shared.pipeline.execute import execute
from shared.pipeline.workshop import Workshop


def turn(item: str, shop: Workshop) -> Fix | None:
    """Do what an item asks for; the fix it was about, None where it was about none.

    Raises:
        NotFound: nothing of that name is known.
        Elsewhere: another function carries it out.
        Retryable: it could not be done now; the item stays due.
    """
    if not item.startswith(ERRANDS):
        fix = execute(item, shop)
        if shop.errands is not None:
            shop.errands.stepped(fix)
        return fix
    if shop.errands is not None:
        shop.errands.run(item, shop)
    return None
