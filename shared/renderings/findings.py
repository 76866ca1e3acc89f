"""What was found in one error, whatever way it was printed: collected here, then frozen into a Denial."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.model.denial import ErrorInfo, Violation

HTTP_STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
    412: "FAILED_PRECONDITION", 429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 500: "INTERNAL", 501: "UNIMPLEMENTED",
    503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip
GRPC_STATUS = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip


def status_name(code: int) -> str:
    """The canonical status of a gRPC number (0 to 16) or an HTTP status; empty for numbers that are neither."""
    if 0 <= code < len(GRPC_STATUS):
        return GRPC_STATUS[code]
    if 200 <= code < 400:
        return "OK"
    return HTTP_STATUS.get(code, "INTERNAL" if 500 <= code < 600 else "INVALID_ARGUMENT" if 400 <= code < 500 else "")


@dataclass(slots=True)
class Findings:
    """Statuses by canonical name, machine-readable reasons, and the words that go with them."""

    statuses: list[str] = field(default_factory=list)
    errors: list[ErrorInfo] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add_code(self, code: object) -> None:
        """Note a status given as a number, a numeric string or a name."""
        if isinstance(code, str):
            name = code if code in GRPC_STATUS else status_name(int(code)) if code.isdigit() and len(code) < 4 else ""
        else:
            name = status_name(code) if isinstance(code, int) and not isinstance(code, bool) else ""
        if name and name not in self.statuses:
            self.statuses.append(name)

    def add_error(self, error: ErrorInfo) -> None:
        """Note an ErrorInfo once."""
        if error not in self.errors:
            self.errors.append(error)
