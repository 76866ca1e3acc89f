"""Machine-readable reasons in text, in whatever way the client printed its pairs.

One rule reads them all: a key, a separator (`:`, `=`, `=>`), a value, quoted or not. It covers JSON, the YAML of
gcloud, Python's text proto and dict repr, Go maps, PHP and Ruby pairs, JavaScript objects and Terraform's boxes; the
serialized forms (`grpc-status-details-bin`, Java's `type_url ... value`) are decoded as protobuf.
"""

from __future__ import annotations

from typing import Any

from shared.model.denial import ErrorInfo
from shared.renderings.findings import Findings
from shared.renderings.wire import read_any, read_status, unescape

MOST_REASONS = 8
REACH = 1_500
"""How far around a reason its domain and metadata are looked for, in characters."""

_KEYS = (
    "consumer|service|serviceTitle|activationUrl|containerInfo|methodName|apiName|quota_metric|quota_limit|"
    "quota_limit_value|quota_location|quota_unit|httpReferrer|location|uid|method|email|cookie|parameter|resource|"
    "policyName|tlsVersion|permission|error_info_id|troubleshooter_url|policy_name|checked_value"
)
_SEPARATOR = r"""['"\]]?\s*(?:=>|[:=>])\s*['"]?"""
_PATTERNS = {
    "reason": r"\b(?i:reason)" + _SEPARATOR + r"([A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9])\b",
    "domain": r"\b(?i:domain)" + _SEPARATOR + r"([a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[\w/]+)?)",
    "pair": r"\b((?i:" + _KEYS + r"))\b" + _SEPARATOR + r"""([^\s'",\]\})>]{1,300})""",
    "keyed": r"""\b(?i:key)\s*:\s*['"](""" + _KEYS + r""")['"],?\s*(?i:value)\s*:\s*['"]([^'"]{0,300})['"]""",
    "type": r"@type|type_url",
    "trailer": r"""grpc-status-details-bin['"]?\s*[:=,(]+\s*(?:b?['"])?([A-Za-z0-9+/_=-]{16,})""",
    "packed": r"""type_url: "([\w./]{1,200})"\s+value: "((?:[^"\\]|\\.)*)\"""",
}
_compiled: dict[str, Any] = {}


def _pattern(name: str) -> Any:
    if name not in _compiled:
        import re2

        _compiled[name] = re2.compile(_PATTERNS[name])
    return _compiled[name]


def read_pairs(folded: str, raw: str, found: Findings) -> None:
    """Collect the ErrorInfo details of a text; `folded` is the text on one line, `raw` as it was printed."""
    if "eason" in folded or "EASON" in folded:
        for match in list(_pattern("reason").finditer(folded))[:MOST_REASONS]:
            found.add_error(_around(folded, match.start(), match.group(1)))
    if "status-details-bin" in raw:
        _add_details(
            found, (detail for match in _pattern("trailer").finditer(raw) for detail in read_status(match.group(1)))
        )
    if "type_url" in raw:
        _add_details(found, (_packed(match.group(1), match.group(2)) for match in _pattern("packed").finditer(raw)))


def _packed(type_url: str, value: str) -> Any:
    try:
        return read_any(type_url, unescape(value))
    except ValueError:
        return None


def _add_details(found: Findings, details: Any) -> None:
    for detail in details:
        if isinstance(detail, ErrorInfo):
            found.add_error(detail)
        elif detail:
            found.violations.extend(detail)


def _around(text: str, at: int, reason: str) -> ErrorInfo:
    """The ErrorInfo whose reason stands at a place: its other fields lie between the neighbouring details."""
    before, after = text[max(0, at - REACH) : at], text[at + len(reason) : at + REACH]
    starts = [match.end() for match in _pattern("type").finditer(before)]
    ends = [match.start() for match in _pattern("type").finditer(after)]
    near = before[starts[-1] if starts else 0 :] + reason + after[: ends[0] if ends else None]
    domain = _pattern("domain").search(near)
    metadata: dict[str, str] = {}
    for name in ("keyed", "pair"):
        for match in _pattern(name).finditer(near):
            metadata.setdefault(_KEY_CASE.get(match.group(1).lower(), match.group(1)), match.group(2).rstrip(".;"))
    return ErrorInfo(reason, domain.group(1) if domain else "", metadata)


_KEY_CASE = {key.lower(): key for key in _KEYS.split("|")}
