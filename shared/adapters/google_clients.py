"""Google's official clients, made on first use: for Google with the caller's credentials, or for a local server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.cloud.iam_admin_v1 import IAMClient


def iam_admin(endpoint: str) -> IAMClient:
    """The client of the IAM API (roles, service accounts), which speaks gRPC only.

    `endpoint` is HOST:PORT of a local server that answers in Google's place, reached without credentials or
    encryption; "" is Google.
    """
    from google.cloud.iam_admin_v1 import IAMClient

    if not endpoint:
        return IAMClient()
    import grpc

    channel = grpc.insecure_channel(endpoint)
    return IAMClient(transport=IAMClient.get_transport_class("grpc")(channel=channel))
