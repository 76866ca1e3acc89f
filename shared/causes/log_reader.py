"""The caller may not read logs."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="log.reader",
    title="May not read logs",
    order=90,
    tier=Tier.T1,
    explain="The caller may not read these logs. Data access audit logs need the private log viewer role, a log view needs its own.",
    confirm=("Policy Troubleshooter for the permission on the project or log view says NOT_GRANTED",),
    remedy="Grant roles/logging.viewer on the project, or roles/logging.viewAccessor on the one log view.",
    traps=("X10",),
    permissions=(
        "logging.logEntries.list",
        "logging.privateLogEntries.list",
        "logging.views.*",
        "logging.logs.*",
        "logging.logEntries.download",
    ),
    sentences=(Sentence(r"permission denied for all log views", weight=3),),
    fix=Remedy.GRANT_ROLE,
)
