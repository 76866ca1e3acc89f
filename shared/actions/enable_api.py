"""Enable an API in the consumer project that the error names, and in no other."""

from __future__ import annotations

from shared.actions import ActionKind
from shared.actions.advise import advice
from shared.grants.apis import BRINGS_ALONG
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.plan import Action, Tier


def preview(denial: Denial, diagnosis: Diagnosis, *_: object) -> tuple[Action, ...]:
    """The one API to switch on, or advice where service or consumer is not stated."""
    service, consumer = denial.names.service, denial.names.consumer
    if not service or not _is_service(service):
        return (advice(f"The entry does not name the API. {diagnosis.cause.remedy}", diagnosis.cause.tier),)
    if not consumer or not _is_project(consumer):
        return (
            advice(f"The entry does not name the consumer project. {diagnosis.cause.remedy}", diagnosis.cause.tier),
        )
    stays = f"{service} is off in {consumer}, the project the error names; other projects stay as they are"
    return (
        Action(
            action="enable_api",
            changes=True,
            tier=Tier.T2,
            target=f"//serviceusage.googleapis.com/{consumer}/services/{service}",
            member=None,
            role=None,
            why=f"{stays}{_beside(service)}",
            undo=f"disable {service} in {consumer} within 24 h, if this run enabled it and nothing has used it since",
        ),
    )


def _beside(service: str) -> str:
    """What comes with an API that whoever agrees has to know."""
    brings = BRINGS_ALONG.get(service)
    return f"; before you agree: {brings}" if brings else ""


def _is_service(name: str) -> bool:
    """Whether a name is an API's: lower-case labels before `.googleapis.com`."""
    label = name.removesuffix(".googleapis.com")
    return (
        label != name and name.isascii() and name == name.lower() and label.replace("-", "").replace(".", "").isalnum()
    )


def _is_project(name: str) -> bool:
    """Whether a consumer is one project, by number or id; a folder or organisation consumes nothing."""
    kind, _, project = name.partition("/")
    plain = project.replace("-", "").replace(".", "").replace(":", "")
    return kind == "projects" and project.isascii() and plain.isalnum() and project == project.lower()


ACTION = ActionKind(id="enable_api", preview=preview)
