"""One API error in every way clients print it, written for these tests."""

from __future__ import annotations

import base64
import json
from typing import Any
from xml.sax.saxutils import escape

from entries import error_info, text

STATUS = {403: "PERMISSION_DENIED", 401: "UNAUTHENTICATED", 400: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED"}
GRPC = {403: 7, 401: 16, 400: 3, 429: 8}
CAMEL = {403: "PermissionDenied", 401: "Unauthenticated", 400: "InvalidArgument", 429: "ResourceExhausted"}
MESSAGE = "The request was refused."


def body(reason: str, domain: str, metadata: dict[str, str], code: int) -> dict[str, Any]:
    detail = error_info(reason, domain, **metadata)
    return {"error": {"code": code, "message": MESSAGE, "status": STATUS[code], "details": [detail]}}


def json_body(reason: str, domain: str, metadata: dict[str, str], code: int) -> dict[str, Any]:
    return body(reason, domain, metadata, code)


def json_in_text(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    return f"call failed with HTTP {code}\n{json.dumps(body(reason, domain, metadata, code), indent=2)}\ngiving up"


def audit_details(reason: str, domain: str, metadata: dict[str, str], code: int) -> dict[str, Any]:
    entry = text("")
    del entry["textPayload"]
    entry["logName"] = "projects/acme-test/logs/cloudaudit.googleapis.com%2Factivity"
    entry["protoPayload"] = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "status": {"code": GRPC[code], "message": MESSAGE, "details": [error_info(reason, domain, **metadata)]},
        "authenticationInfo": {"principalEmail": "kim@example.com"},
        "serviceName": "example.googleapis.com",
        "methodName": "Do",
        "resourceName": "projects/acme-test",
    }
    return entry


def long_operation(reason: str, domain: str, metadata: dict[str, str], code: int) -> dict[str, Any]:
    entry = audit_details(reason, domain, metadata, code)
    entry["protoPayload"]["status"] = {}
    entry["protoPayload"]["response"] = body(reason, domain, metadata, code)
    entry["operation"] = {"id": "op-1", "producer": "compute.googleapis.com", "last": True}
    return entry


def gcloud_yaml(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    pairs = "".join(f"\n    {key}: {value}" for key, value in sorted(metadata.items()))
    return (
        f"ERROR: (gcloud.example.things.create) {STATUS[code]}: {MESSAGE}\n"
        "- '@type': type.googleapis.com/google.rpc.Help\n  links:\n  - description: Documentation\n"
        "    url: https://cloud.google.com/help\n"
        f"- '@type': type.googleapis.com/google.rpc.ErrorInfo\n  domain: {domain}\n  metadata:{pairs}\n  reason: {reason}"
    )


def python_text_proto(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    pairs = "".join(f'\nmetadata {{\n  key: "{key}"\n  value: "{value}"\n}}' for key, value in metadata.items())
    return f'google.api_core.exceptions.Error: {code} {MESSAGE} [reason: "{reason}"\ndomain: "{domain}"{pairs}\n]'


def go_map(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    pairs = " ".join(f"{key}:{value}" for key, value in sorted(metadata.items()))
    return (
        f"2026/11/21 09:00:00 rpc error: code = {CAMEL[code]} desc = {MESSAGE}\n"
        f"error details: name = ErrorInfo reason = {reason} domain = {domain} metadata = map[{pairs}]"
    )


def php_print_r(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    pairs = "".join(f"                    [{key}] => {value}\n" for key, value in metadata.items())
    return (
        f"Fatal error: Uncaught Google\\ApiCore\\ApiException: [code] => {GRPC[code]} [status] => {STATUS[code]}\n"
        f"            [@type] => type.googleapis.com/google.rpc.ErrorInfo\n            [reason] => {reason}\n"
        f"            [domain] => {domain}\n            [metadata] => Array\n                (\n{pairs}                )"
    )


def php_var_export(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    pairs = "".join(f"      '{key}' => '{value}',\n" for key, value in metadata.items())
    return (
        f"PHP error {code}: array (\n  0 => array (\n    '@type' => 'type.googleapis.com/google.rpc.ErrorInfo',\n"
        f"    'reason' => '{reason}',\n    'domain' => '{domain}',\n    'metadata' => array (\n{pairs}    ),\n  ),\n)"
    )


def python_dict(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    return f"push failed, error is: {code} => {body(reason, domain, metadata, code)!r}"


def terraform_box(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    detail = json.dumps([dict(sorted(error_info(reason, domain, **metadata).items()))], indent=2)
    lines = [
        f"Error: Error creating Thing: googleapi: Error {code}: {MESSAGE}",
        "Details:",
        *detail.split("\n"),
        ", forbidden",
    ]
    return "\u2577\n" + "\n".join(f"\u2502 {line}" for line in lines) + "\n\u2502   with google_example.this,\n\u2575"


def gcs_xml(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    pairs = ", ".join(f"{key}='{value}'" for key, value in metadata.items())
    told = escape(f"reason='{reason}', domain='{domain}', {pairs}")
    return (
        f"HTTP/1.1 {code} <?xml version='1.0' encoding='UTF-8'?><Error><Code>{reason.title().replace('_', '')}</Code>"
        f"<Message>{MESSAGE}</Message><Details>{told}</Details></Error>"
    )


def google_auth(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    inner = json.dumps(body(reason, domain, metadata, code), indent=2) + "\n"
    return f"google.auth.exceptions.RefreshError: {('Unable to acquire impersonated credentials', inner)!r}"


def google_auth_in_json(reason: str, domain: str, metadata: dict[str, str], code: int) -> dict[str, Any]:
    entry = text("")
    del entry["textPayload"]
    entry["jsonPayload"] = {"level": "error", "exc": google_auth(reason, domain, metadata, code)}
    return entry


def node_object(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    pairs = ",\n    ".join(f"{key}: '{value}'" for key, value in metadata.items())
    return (
        f"Error: {GRPC[code]} {STATUS[code]}: {MESSAGE}\n    at callErrorFromStatus (call.js:31:19) {{\n  code: {GRPC[code]},\n"
        f"  details: '{MESSAGE}',\n  reason: '{reason}',\n  domain: '{domain}',\n  errorInfoMetadata: {{\n    {pairs}\n  }}\n}}"
    )


def ruby_hash(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    pairs = ", ".join(f'"{key}"=>"{value}"' for key, value in metadata.items())
    return f'Google::Cloud::Error: {GRPC[code]}:{MESSAGE} <ErrorInfo: reason: "{reason}", domain: "{domain}", metadata: {{{pairs}}}>'


def _field(number: int, content: bytes) -> bytes:
    size, out = len(content), bytearray([number << 3 | 2])
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    return bytes(out) + bytes([size]) + content


def _packed(reason: str, domain: str, metadata: dict[str, str]) -> bytes:
    pairs = b"".join(_field(3, _field(1, key.encode()) + _field(2, value.encode())) for key, value in metadata.items())
    return _field(1, reason.encode()) + _field(2, domain.encode()) + pairs


def grpc_trailer(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    kind = b"type.googleapis.com/google.rpc.ErrorInfo"
    detail = _field(3, _field(1, kind) + _field(2, _packed(reason, domain, metadata)))
    status = b"\x08" + bytes([GRPC[code]]) + _field(2, MESSAGE.encode()) + detail
    encoded = base64.b64encode(status).decode().rstrip("=")
    return f"status {STATUS[code]}, trailers: content-type: application/grpc, grpc-status-details-bin: {encoded}"


def java_packed(reason: str, domain: str, metadata: dict[str, str], code: int) -> str:
    raw = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in (34, 92) else f"\\{byte:03o}"
        for byte in _packed(reason, domain, metadata)
    )
    return (
        f"io.grpc.StatusRuntimeException: {STATUS[code]}: {MESSAGE}\nErrorDetails{{rawErrorMessages="
        f'[type_url: "type.googleapis.com/google.rpc.ErrorInfo"\nvalue: "{raw}"\n]}}'
    )


RENDERINGS = [
    json_body, json_in_text, audit_details, long_operation, gcloud_yaml, python_text_proto, go_map, php_print_r, php_var_export,
    python_dict, terraform_box, gcs_xml, google_auth, google_auth_in_json, node_object, ruby_hash, grpc_trailer, java_packed,
]  # fmt: skip
