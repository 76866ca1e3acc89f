"""A workload or agent may not write its logs or metrics."""

from shared.model.diagnosis import Cause
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="log.writer",
    title="May not write logs or metrics",
    order=89,
    tier=Tier.T1,
    explain="The workload's service account may not write log entries or metrics in this project, so they are lost. A restart does not "
    "help: a role works without one.",
    confirm=(
        "the project's policy gives the account no role with the permission; the project is the one that receives the logs",
        "the agent's own health check names the same cause",
    ),
    remedy="Grant roles/logging.logWriter (metrics: roles/monitoring.metricWriter) on the project that receives them.",
    traps=("X10", "X16"),
    permissions=(
        "logging.logEntries.create",
        "logging.logEntries.route",
        "monitoring.timeSeries.create",
        "monitoring.metricDescriptors.create",
        "cloudtrace.traces.patch",
    ),
    fix=Remedy.GRANT_ROLE,
    marks=("agent_permission",),
)
