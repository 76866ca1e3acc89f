"""The MCP endpoint of a service is not enabled."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="api.mcp_disabled",
    title="MCP endpoint not enabled",
    order=31,
    tier=Tier.T3,
    explain="The service is reached through its Model Context Protocol endpoint, which has to be switched on separately in "
    "the consumer project.",
    confirm=("the consumer project's MCP policy does not list the service",),
    remedy="The project's owner enables the service's MCP endpoint.",
    errors=("MCP_SERVER_DISABLED",),
    sentences=(Sentence(r"\bMCP (?:server|endpoint)\b.{0,80}(?:not enabled|disabled)", weight=3),),
)
