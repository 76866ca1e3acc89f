"""What the request path that a client printed says of the call: Cloud Storage's data paths name method and bucket.

Source: Cloud Storage JSON API, "Uploads and downloads": `/upload/storage/v1/b/BUCKET/o` and `/download/storage/v1/...`.
"""

from __future__ import annotations

from msgspec import Struct

from shared.model.names import Permission, ResourceName

LONGEST_BUCKET = 222
PATHS = (
    ("/upload/storage/v1/b/", Permission("storage.objects.create"), "storage.objects.insert"),
    ("/download/storage/v1/b/", Permission("storage.objects.get"), "storage.objects.get"),
)


class Path(Struct, frozen=True):
    """The permission that a call needs, the method it is, and the bucket it is on."""

    permission: Permission
    method: str
    resource: ResourceName


def path_in(message: str) -> Path | None:
    """What the first data path of Cloud Storage in a message says, None where there is none."""
    for marker, permission, method in PATHS:
        at = message.find(marker)
        if at < 0:
            continue
        start = at + len(marker)
        bucket = message[start : start + LONGEST_BUCKET].partition("/")[0]
        if bucket and bucket.replace("-", "").replace("_", "").replace(".", "").isalnum() and bucket.isascii():
            return Path(permission, method, ResourceName(f"projects/_/buckets/{bucket}"))
    return None
