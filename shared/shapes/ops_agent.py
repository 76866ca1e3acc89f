"""The Ops Agent's health checks: its codes already name the cause (ops-agent health-check documentation)."""

from __future__ import annotations

from shared.model.denial import TEXT, Denial, NotADenial
from shared.model.log_entry import LogEntry
from shared.model.names import Permission, parse_resource
from shared.renderings.refusal import from_words
from shared.shapes import Shape

PERMISSIONS = {"Log": "logging.logEntries.create", "Mon": "monitoring.timeSeries.create"}
SERVICES = {"Log": "logging.googleapis.com", "Mon": "monitoring.googleapis.com", "Tel": "telemetry.googleapis.com"}
MEANINGS = {"ApiPermissionErr": "agent_permission", "ApiScopeErr": "agent_scope", "ApiDisabledErr": "agent_api_off"}


def _claims(entry: LogEntry) -> bool:
    return entry.log_id.endswith("ops-agent-health")


def _read(entry: LogEntry) -> Denial | NotADenial:
    payload = entry.json_payload or {}
    code = str(payload.get("code", ""))
    kind, meaning = code[:3], MEANINGS.get(code[3:])
    if meaning is None:
        if not code:
            return NotADenial(id=entry.insert_id or None, reason="the agent reports its state")
        reason = "the agent reports trouble with the network or its token, which is no refusal"
        return NotADenial(id=entry.insert_id or None, reason=reason, see="cred.lost_token")
    denial = from_words(entry, TEXT, payload, status=403).marked(meaning)
    denial = denial.naming(service=SERVICES.get(kind, denial.names.service))
    asked = PERMISSIONS.get(kind)
    if meaning != "agent_permission" or asked is None:
        return denial
    return denial.naming(
        permissions=(Permission(asked),), resource=denial.names.resource or parse_resource(entry.parent)
    )


SHAPE = Shape(id="ops_agent", payloads=("json",), order=41, claims=_claims, read=_read)
