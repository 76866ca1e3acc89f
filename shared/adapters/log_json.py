"""A log entry as REST writes it, made of the message that gRPC brings."""

from __future__ import annotations

from typing import Any

from shared.errors import LookFailed

EXACT = 2**53
"""Up to here a number of JSON is the same number as a whole one."""


def rest_json(entry: Any, what: str, about: str) -> dict[str, Any]:
    """LogEntry JSON by the rules of proto3: enums by name, times as text, packed payloads unpacked with their type.

    Raises:
        LookFailed: it carries a message of a type that is not known here, or one that cannot be read.
    """
    from google.protobuf.json_format import MessageToDict
    from google.protobuf.message import Error as NoMessage

    _know_types()
    try:
        body = MessageToDict(type(entry).pb(entry))
    except (TypeError, NoMessage) as error:
        raise LookFailed(what, about, f"its payload cannot be unpacked: {str(error)[:200]}") from error
    whole: dict[str, Any] = _whole_numbers(body)
    return whole


def _know_types() -> None:
    """Load every message that an entry may carry packed: what is not loaded cannot be unpacked."""
    import google.cloud.appengine_logging
    import google.cloud.audit.audit_log_pb2
    import google.cloud.iam_admin_v1.types
    import google.iam.v1.logging.audit_data_pb2
    import google.rpc.error_details_pb2  # noqa: F401


def _whole_numbers(value: Any) -> Any:
    """The same with `7` for `7.0`: a Struct holds doubles, and REST writes whole ones without a dot."""
    if isinstance(value, dict):
        return {key: _whole_numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(one) for one in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)
    return value
