"""Enable an API in the consumer project that the error names, and in no other."""

from __future__ import annotations

from shared.actions import ActionKind
from shared.actions.advise import advice
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import is_plain
from shared.model.plan import Action, Tier


def preview(denial: Denial, diagnosis: Diagnosis) -> tuple[Action, ...]:
    """The one API to switch on, or advice where service or consumer is not stated."""
    service, consumer = denial.names.service, denial.names.consumer
    if not service or not service.endswith(".googleapis.com") or not is_plain(service):
        return (advice(f"The entry does not name the API. {diagnosis.cause.remedy}", diagnosis.cause.tier),)
    if not consumer or not is_plain(consumer):
        return (
            advice(f"The entry does not name the consumer project. {diagnosis.cause.remedy}", diagnosis.cause.tier),
        )
    return (
        Action(
            action="enable_api",
            changes=True,
            tier=Tier.T2,
            target=f"//serviceusage.googleapis.com/{consumer}/services/{service}",
            member=None,
            role=None,
            why=f"{service} is off in {consumer}, the project the error names; other projects stay as they are",
            undo=f"disable {service} in {consumer} within 24 h, if this run enabled it and nothing has used it since",
        ),
    )


ACTION = ActionKind(id="enable_api", preview=preview)
