"""Flow logs or routed logs are missing, which no permission of the workload explains."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="log.flow_missing",
    title="Logs missing at their destination",
    order=89,
    tier=Tier.T3,
    explain="Flow logs are written by the network itself, not by the VM's account, so a role on that account changes nothing. They are "
    "missing because of the subnet's settings, a filter or exclusion, or the sink's writer lacking a role at its destination.",
    confirm=(
        "the subnet's logConfig (enable, flowSampling, filterExpr) and the effective flow log configuration",
        "the sink's writerIdentity has its role on the destination; exclusions; logging.googleapis.com/exports/error_count",
    ),
    remedy="Switch flow logs on for the subnet, mend the filter, or give the sink's writer identity its role on the destination.",
    permissions=("logging.buckets.write",),
    sentences=(
        Sentence(
            r"(?:log )?sink\b.{0,160}\b(?:writer identity|permission|not authorized|denied)\b.{0,120}(?:destination|bucket|topic|dataset|export)",
            weight=2,
            anyones=True,
        ),
        Sentence(r"(?:topic|bucket|dataset)_permission_denied", weight=3),
        Sentence(r"cloud logging sink configuration error", weight=3),
    ),
)
