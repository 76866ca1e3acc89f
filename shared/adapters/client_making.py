"""How Google's official clients are made: for Google with the caller's credentials, or for a local server.

All of them use REST where the client has it, so that a local server and Google see the same requests; the IAM admin,
Logging and Monitoring clients speak gRPC only.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

T = TypeVar("T")
LOCAL_TOKEN = "reader"  # noqa: S105 - what a local server knows us by; no secret


class ClientMaking:
    """What every client is made with.

    Args:
        endpoint: HOST:PORT of a local server that answers in Google's place, reached without encryption; "" is Google.
        quota_project: the project that our own questions are accounted to; "" is the credentials' own.
        token: what a local server knows the caller by.
    """

    def __init__(self, endpoint: str = "", quota_project: str = "", token: str = LOCAL_TOKEN) -> None:
        self._endpoint, self._quota_project, self._token = endpoint, quota_project, token
        self._lock = threading.RLock()

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"quota_project_id": self._quota_project} if self._quota_project else {}
        if self._endpoint:
            options["api_endpoint"] = f"http://{self._endpoint}"
        return options

    def _credentials(self) -> Any:
        if not self._endpoint:
            return None  # the library finds the caller's own (application default credentials)
        from google.oauth2.credentials import Credentials

        return Credentials(self._token, quota_project_id=self._quota_project or None)  # type: ignore[no-untyped-call]

    def _rest(self, kind: type[T], host: str = "") -> T:
        """A client that speaks REST, with its service's usual host or another one."""
        made: Any = kind
        options = self._options() | ({"api_endpoint": host} if host else {})
        with self._lock:
            return made(credentials=self._credentials(), transport="rest", client_options=options)  # type: ignore[no-any-return]

    def _grpc(self, kind: type[T]) -> T:
        """A client that has gRPC only; a local server is dialled in plain text, with the token as metadata."""
        made: Any = kind
        if not self._endpoint:
            return made(client_options=self._options())  # type: ignore[no-any-return]
        import grpc

        metadata = [("authorization", f"Bearer {self._token}")]
        if self._quota_project:
            metadata.append(("x-goog-user-project", self._quota_project))
        bearer = _with_metadata(metadata)
        channel = grpc.intercept_channel(grpc.insecure_channel(self._endpoint), bearer)
        return made(transport=made.get_transport_class("grpc")(channel=channel))  # type: ignore[no-any-return]

    def _plain(self, kind: type[T]) -> T:
        """A hand-written client (Cloud Storage, BigQuery), which wants a project even where calls name their own."""
        from google.api_core.client_options import ClientOptions

        made: Any = kind
        project = self._quota_project or ("unforbid" if self._endpoint else None)
        return made(project=project, credentials=self._credentials(), client_options=ClientOptions(**self._options()))  # type: ignore[no-any-return]


def _with_metadata(added: list[tuple[str, str]]) -> Any:
    """A gRPC interceptor that adds metadata to every unary call."""
    import grpc

    class Adds(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
        def intercept_unary_unary(self, follow: Any, details: Any, request: Any) -> Any:
            metadata = [*(details.metadata or ()), *added]
            return follow(details._replace(metadata=metadata), request)

    return Adds()
