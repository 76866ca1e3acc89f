"""What a text names: permission, principal, resource, service, status. Only what stands there, by grammar.

The patterns of a kind are tried in order; the first that names something wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from shared.grants.services import service_of_command, service_of_terraform
from shared.model.names import Permission, parse_permission
from shared.renderings.bank import Bank
from shared.renderings.findings import Findings

PERMISSION = r"""[a-z][\w-]+(?:\.googleapis\.com/[\w-]+|\.[a-zA-Z][\w-]+)\.[a-z]\w+"""
EMAIL = r"""[\w.+%*-]+@[\w-]+(?:\.[\w-]+)+"""
WHO = rf"""(?:(?:user|serviceAccount|group):)?({EMAIL}|principal(?:Set)?://iam\.googleapis\.com/[^\s"',)\]]+)"""
ACCOUNT_WORD = r"""(?:service ?account|account|principal|caller|user|member|identity|subject|agent|email)"""
LACKS = (
    r"""(?:does(?: not|n't)|do not|has no|have no|lacks?|is missing|(?:is not|isn't) (?:authori[sz]ed|allowed|permitted to)|"""
    r"""has insufficient|cannot|can't|denied permission|was denied|was refused|"""
    r"""(?:needs?|must have|must be granted|requires?|without) (?:the |an? )?(?:[A-Z]\w+ ){0,4}(?:additional |iam )?"""
    r"""(?:permissions?|roles?(?:/[\w.]+)?|access|['"]?[a-z]\w+\.\w+\.\w+))"""
)
OPEN, CLOSE = r"""['"\[(<*]{0,3}""", r"""['"\])>*]{0,3}"""
PROJECT = r"""(?:[a-z0-9.-]+\.[a-z]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"""

_PATTERNS: dict[str, tuple[str, ...]] = {
    "permission": (
        rf"""(?i)permissions?(?:\(s\))?(?: denied)?[:=]?\s*(?:to |is |are |on |of |for |\[)?{OPEN}({PERMISSION})""",
        rf"""(?i)({PERMISSION}){CLOSE}\s+(?:iam )?(?:permission|access)\b""",
        rf"""(?i)({PERMISSION}){CLOSE}\s+(?:denied|is (?:required|missing|denied|needed)|not granted|on (?:resource|service account|project))""",
        rf"""(?i)(?:lacks?|missing|requires?|required|needs?|not have|n't have|perform|authori[sz]ed to|allowed to|one of|do)\s+(?:the |following |iam |action |operation |permissions? |access )*:?\s*{OPEN}({PERMISSION})""",
    ),
    "switched": (r"""\bservices? (?:instance )?\[[a-z0-9.-]+\.googleapis\.com:(enable|disable|use)\]""",),
    "principal": (
        rf"""(?i)user \[({EMAIL}|[\w.@:/+-]+)\] does not have""",
        rf"""(?i){WHO}{CLOSE}\s+{LACKS}\b""",
        rf"""(?i){ACCOUNT_WORD}[:=]?\s*{OPEN}{WHO}{CLOSE}\s+{LACKS}\b""",
        rf"""(?i)(?:denied|refused|forbidden) (?:for|to|by)(?: the)?(?: {ACCOUNT_WORD})?[:=]?\s*{OPEN}{WHO}""",
        rf"""(?i)(?:authenticated as|credentials? (?:of|for)|acting as|running as|logged in as) {OPEN}{WHO}""",
        rf"""(?i)(?:principalEmail|principal_email|principalSubject|principal|caller){CLOSE}\s*[:=]\s*{OPEN}{WHO}""",
        r"""(?i)user ["']([^"'\s]+)["'] cannot \w+ (?:resource|path)""",
    ),
    "resource": (
        r"""(?i)(?:denied|access|permissions?|required|authori[sz]ed|allowed) (?:on|for|to) (?:the )?resource:? ['"\[(]{0,2}((?://)?[\w.-]+[/:][^\s'"\])(]+|\d{6,20})""",
        r"""(?i)permissions?(?:\(s\))? (?:for|on):? ['"]([^'"\s]+)['"]""",
        r"""(?i)for the resource ['"]([^'"\s]+)['"]""",
        r"""(?i)denied on ['"]([^'"\s]+)['"] ?\(or it may not exist\)""",
        r"""\bresourceName['"]?: ?['"]?([\w.-]+[/@][^\s'",]+)""",
        r"""(?i)(?:access to|on) resource:? ([\w.-]+/[^\s'"\])(,]+)""",
        r"""(?i)service account:? (projects/[\w.:-]+/serviceAccounts/[^\s'"/:,]+)""",
        r"""(projects/[\w:.-]+(?:/[\w-]+/[\w.@%*-]+)+(?:/[a-z]\w+)?)""",
        r"""['"\s/\[](projects/[a-z0-9][\w:.-]*\w)\b""",
        r"""\b([a-z][a-z0-9-]{4,28}[a-z0-9]:[a-z]+-[a-z]+\d[a-z0-9-]*:[a-z][a-z0-9-]+)\b""",
    ),
    "project": (rf"""(?i)(?:in|on|of|for) (?:the )?project:? ['"\[#]{{0,2}}({PROJECT}|\d{{6,15}})\b""",),
    "account": (
        rf"""serviceAccounts/({EMAIL})""",
        rf"""(?i)(?:service account|account|impersonat\w+|act as|acting as|to)\s*:?\s*{OPEN}({EMAIL}|\d{{15,25}})""",
    ),
    "bucket": (
        r"""gs://([a-z0-9][\w.-]+[a-z0-9])""",
        r"""\bb instance \[([a-z0-9][\w.-]+[a-z0-9])""",
        r"""/storage/v1/b/([a-z0-9][\w.-]+[a-z0-9])""",
        r"""https://storage\.(?:googleapis|cloud\.google)\.com/([a-z0-9][\w.-]+[a-z0-9])/""",
        r"""https://([a-z0-9][a-z0-9_-]+[a-z0-9])\.storage\.googleapis\.com""",
    ),
    "bigquery": (r"""(?i)access denied: (project|dataset|table|view|routine|model|connection) ([\w.:-]+?)[:.,]? """,),
    "host": (
        r"""https://([a-z][a-z0-9-]+(?:\.[a-z0-9-]+)?\.googleapis\.com)/""",
        r"""\bservice[=:] ?['"\[]?([a-z][a-z0-9-]+\.googleapis\.com)""",
        r"""(?:^|//|[^/.\w-])([a-z0-9-]{2,40}\.googleapis\.com)\b""",  # not the object of `services/x.googleapis.com`
    ),
    "command": (r"""\((gcloud(?:\.[\w-]+)+)\)""",),
    "terraform": (r"""\b(google_[a-z]+(?:_[a-z]+)*)\b""",),
    "scopes": (r"""(?i)scopes?=['"]([^'"]{10,})['"]""", r"""(?i)acceptable scopes: ([\w:/., -]{10,})"""),
    "http": (
        r"""(?i)\b(?:error|errors|code|status|statuscode|status_code|httperror|http|responsecode|http/[123](?:\.[01])?|failed with|returned|got|received|exception|response|forbidden|denied)\b['"\])]*[\s:=(,'"\[<>#-]{0,6}(?:(?:code|status|error|response|http)[\s:='"(\[,]{0,5}){0,2}([1-5]\d\d)\b""",
        r"""^\W{0,3}([45]\d\d)(?::| [\w.+-]+@[\w-]+\.)""",
        r"""(?i)\b([45]\d\d)\b[\s:,-]{0,3}(?:forbidden|unauthori[sz]ed|not found|bad request|permission|caller|request|conflict|too many|precondition|get |post |put |patch |delete |access|client error|server error|insufficient|rate|quota)""",
    ),
    "grpc_number": (
        r"""(?:^|[\s(])(?:[Ee]rror:? |[Ss]tatus code |[Cc]ode:? ?)?(\d{1,2})[: ]{1,2}(?:[A-Z]{2,}[A-Z_]{4,}|[A-Z][a-z]+ )""",
    ),
    "grpc_name": (
        r"""\b(PERMISSION_DENIED|UNAUTHENTICATED|NOT_FOUND|ALREADY_EXISTS|INVALID_ARGUMENT|FAILED_PRECONDITION|RESOURCE_EXHAUSTED|UNAVAILABLE|DEADLINE_EXCEEDED|INTERNAL|ABORTED|OUT_OF_RANGE|UNIMPLEMENTED)\b""",
        r"""\b(PermissionDenied|Unauthenticated|NotFound|AlreadyExists|InvalidArgument|FailedPrecondition|ResourceExhausted|Unavailable|DeadlineExceeded|Aborted)\b""",
    ),
}
_KINDS = [(kind, pattern) for kind, patterns in _PATTERNS.items() for pattern in patterns]
_NOT_SERVICES = frozenset({"www", "type", "oauth2", "accounts", "metadata"})
_NOT_PERMISSIONS = frozenset(
    {"com", "org", "io", "net", "www", "google", "gcloud", "java", "javax", "module", "data", "self"}
)
_NOBODY = ("", "none", "null", "undefined", "unknown", "anonymous")
_IDENTITIES = ("principal://iam.googleapis.com/", "principalSet://iam.googleapis.com/")
_METHODS = ("storage/v1", "upload/storage/v1", "resumable/upload/storage/v1", "download/storage/v1", "batch/storage/v1")
"""How paths of Cloud Storage's JSON API begin ("Request endpoints")."""
_LONGEST_PATH = 27
_LONGEST_NAME = 1_024
_MOST = 16


@cache
def _bank() -> Bank:
    return Bank([pattern for _, pattern in _KINDS])


class Named(Struct, frozen=True, kw_only=True):
    """The names of one refused call, None or empty where the text does not state them."""

    principal: str | None
    permissions: tuple[Permission, ...]
    resource: str | None
    account: str | None
    service: str | None
    scopes: tuple[str, ...]
    statuses: tuple[int | str, ...]


def named(text: str) -> Named:
    """The names and statuses a folded text states."""
    matches = _Matches(_bank(), text)
    return Named(
        principal=_stripped(matches.first("principal")),
        permissions=_permissions(matches),
        resource=_resource(matches),
        account=matches.first("account"),
        service=_service(matches),
        scopes=_scopes(matches),
        statuses=tuple(_statuses(matches)),
    )


class _Matches:
    """Which patterns occur in one text, by kind and in their order."""

    def __init__(self, bank: Bank, text: str) -> None:
        self._bank, self._text = bank, text
        self._found: dict[str, list[int]] = {}
        for at in sorted(bank.hits(text)):
            self._found.setdefault(_KINDS[at][0], []).append(at)

    def first(self, kind: str) -> str | None:
        for match in self.all(kind, 1):
            return str(match.group(1))[:_LONGEST_NAME]
        return None

    def all(self, kind: str, most: int = _MOST) -> Iterator[Any]:
        for at in self._found.get(kind, ()):
            yield from self._bank.every(at, self._text, most)


def _permissions(matches: _Matches) -> tuple[Permission, ...]:
    """Every permission named beside a word of permission or refusal, in order, each once."""
    found: dict[Permission, None] = {}
    for match in matches.all("permission"):
        permission = parse_permission(match.group(1).rstrip("."))
        if (
            permission
            and permission.partition(".")[0] not in _NOT_PERMISSIONS
            and not any(sign in permission for sign in (".googleapis.", ".gserviceaccount."))
        ):
            found[permission] = None
    if switched := matches.first("switched"):
        found[Permission(f"serviceusage.services.{switched}")] = None
    return tuple(found)


def _statuses(matches: _Matches) -> Iterator[int | str]:
    for kind in ("http", "grpc_number"):
        for match in matches.all(kind):
            yield int(match.group(1))
    for match in matches.all("grpc_name"):
        word = match.group(1)
        yield (
            word
            if "_" in word or word.isupper()
            else "".join(f"_{char}" if char.isupper() else char for char in word)[1:].upper()
        )


def add_statuses(names: Named, found: Findings) -> None:
    """Note every HTTP and gRPC status the text mentions."""
    for status in names.statuses:
        found.add_code(status)


def _stripped(principal: str | None) -> str | None:
    name = principal.rstrip(".,;:'\"") if principal else ""
    return None if name.lower() in _NOBODY else name


def _resource(matches: _Matches) -> str | None:
    for match in matches.all("bigquery", 1):
        return _bigquery_name(match.group(1).lower(), match.group(2))
    for match in matches.all("resource"):
        named_so = str(match.group(1))[:_LONGEST_NAME]
        if "/logs/" not in named_so and not _is_caller(match):
            return _storage_name(unquote(named_so).rstrip(".,;:/"))
    bucket = next((match for match in matches.all("bucket") if not _is_method(match)), None)
    if bucket is not None:
        return f"projects/_/buckets/{str(bucket.group(1))[:_LONGEST_NAME]}"
    project = matches.first("project")
    return f"projects/{project}" if project else None


def _is_caller(match: Any) -> bool:
    """Whether a path is that of a federated identity: it names who called, and no resource."""
    before = str(match.string[max(0, match.start(1) - len(_IDENTITIES[-1])) : match.start(1)])
    return before.endswith(_IDENTITIES)


def _is_method(match: Any) -> bool:
    """Whether what stands where `https://HOST/BUCKET/OBJECT` has its bucket is a path of the JSON API."""
    return str(match.string[match.start(1) : match.start(1) + _LONGEST_PATH]).startswith(_METHODS)


def _storage_name(name: str) -> str:
    """`gs://B/O` as Cloud Storage's own policies name it; every other name as it is."""
    if not name.startswith("gs://"):
        return name
    bucket, _, thing = name[5:].partition("/")
    return f"projects/_/buckets/{bucket}/objects/{thing}" if thing else f"projects/_/buckets/{bucket}"


def _bigquery_name(kind: str, name: str) -> str:
    """`P:D.T` and `P.D.T` as a resource name."""
    if kind == "project":
        return f"projects/{name}"
    project, _, rest = name.partition(":") if ":" in name else name.partition(".")
    dataset, _, leaf = rest.partition(".")
    inside = f"projects/{project}/datasets/{dataset}" if dataset else f"projects/{project}"
    return f"{inside}/tables/{leaf}" if leaf else inside


def _service(matches: _Matches) -> str | None:
    for match in matches.all("host"):
        host = str(match.group(1))
        if host.partition(".")[0] not in _NOT_SERVICES and "Pools/" not in _behind(match):
            return host
    if command := matches.first("command"):
        return service_of_command(command)
    kind = matches.first("terraform")
    return service_of_terraform(kind) if kind else None


def _behind(match: Any) -> str:
    """What follows a host: the path of a workload identity pool is an audience, and no host that was called."""
    return str(match.string[match.end() : match.end() + 80]).partition(" ")[0]


def _scopes(matches: _Matches) -> tuple[str, ...]:
    listed = matches.first("scopes") or ""
    return tuple(scope for scope in listed.replace(",", " ").split() if "/auth/" in scope or "." in scope)
