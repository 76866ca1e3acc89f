"""What was found in one error, whatever way it was printed: collected here, then frozen into a Denial."""

from __future__ import annotations

from msgspec import Struct

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


_NAMES = dict(enumerate(GRPC_STATUS)) | {
    code: HTTP_STATUS.get(code, "OK" if code < 400 else "INVALID_ARGUMENT" if code < 500 else "INTERNAL")
    for code in range(200, 600)
}


def status_name(code: int) -> str:
    """The canonical status of a gRPC number (0 to 16) or an HTTP status; empty for numbers that are neither."""
    return _NAMES.get(code, "")


class Findings(Struct):
    """Statuses by canonical name, machine-readable reasons, and the words that go with them."""

    statuses: list[str] = []
    errors: list[ErrorInfo] = []
    violations: list[Violation] = []
    reasons: list[str] = []
    marks: list[str] = []
    texts: list[str] = []

    def add_code(self, code: object) -> None:
        """Note a status given as a number, a numeric string or a name."""
        if code.__class__ is int:
            name = _NAMES.get(code, "")
        elif isinstance(code, str):
            name = (
                code if code in GRPC_STATUS else _NAMES.get(int(code), "") if code.isdecimal() and len(code) < 4 else ""
            )
        else:
            return
        if name and name not in self.statuses:
            self.statuses.append(name)

    def add_error(self, error: ErrorInfo) -> None:
        """Note an ErrorInfo once."""
        if error not in self.errors:
            self.errors.append(error)
