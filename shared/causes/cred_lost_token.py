"""Memory exhaustion or an unreachable metadata server: the workload lost its token."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="cred.lost_token",
    title="No token: memory exhausted or metadata server unreachable",
    order=88,
    tier=Tier.T3,
    explain="A process was killed for lack of memory, or could not reach the metadata server, so it has no token to call with. That "
    "is not a refusal by itself; it shows as missing logs, or as a 403 for an anonymous caller.",
    confirm=(
        "OOM lines on the serial console within 15 minutes of the failing calls, on the same instance",
        "the agent's heartbeat (agent.googleapis.com/agent/uptime) stopped and did not come back",
        "a memory cgroup limit rather than the whole machine: then resizing the VM does not help",
    ),
    remedy="Mend the memory first: the container's limit, or the machine's size. Restart the one unit if it did not come back; "
    "a reset of the VM is the approved last resort of the recovery runbook.",
    traps=("X16",),
    next_error="once the process has a token again, its scopes and roles are checked",
    sentences=(
        Sentence(
            r"(?P<scope>Memory cgroup out of memory|Out of memory): Kill(?:ed)? process (?P<pid>\d+) \((?P<process>[^)]{1,15})\)",
            weight=3,
        ),
        Sentence(r"(?P<process>[\w.:/-]{1,15}) invoked oom-killer", weight=3),
        Sentence(r"oom-kill:constraint=(?P<constraint>CONSTRAINT_\w+)", weight=3),
        Sentence(r"oom_reaper: reaped process \d+ \((?P<process>[^)]{1,15})\)", weight=3),
        Sentence(
            r"\S+\.service: (?:A process of this unit has been killed by the OOM killer|Failed with result 'oom-kill')",
            weight=3,
        ),
        Sentence(r"Kernel panic - not syncing: (?:Out of memory|System is deadlocked on memory)", weight=3),
        Sentence(r"systemd-oomd\[\d+\]: Killed \S+ due to memory", weight=3),
        Sentence(r"\bOOMKill(?:ed|ing)\b|oom-?kill(?:ed|er)\b", weight=2),
        Sentence(r"dial tcp 169\.254\.169\.254:80", weight=3),
        Sentence(
            r"(?:compute engine )?metadata (?:server|service) (?:is )?(?:unavailable|unreachable|not (?:available|responding|reachable))",
            weight=3,
        ),
        Sentence(
            r"(?:cannot|could not|unable to|failed to|can't|error) (?:reach|contact|connect to|get|retriev\w+|fetch\w*|read\w*).{0,60}(?:metadata server|metadata service|metadata\.google\.internal|169\.254\.169\.254)",
            weight=3,
        ),
        Sentence(
            r"(?:metadata\.google\.internal|169\.254\.169\.254)\S{0,120} .{0,120}(?:timed? ?out|connection refused|connection reset|no route to host|unreachable|max retries|i/o timeout|deadline exceeded|EOF)",
            weight=3,
        ),
    ),
    fix=Remedy.VM_RECOVER,
)
