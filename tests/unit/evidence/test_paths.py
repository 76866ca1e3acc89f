from __future__ import annotations

import pytest

from shared.evidence.paths import path_in


def test_the_path_of_an_upload_names_the_permission_and_the_bucket() -> None:
    found = path_in("403 POST https://storage.googleapis.com/upload/storage/v1/b/photos/o?uploadType=multipart: no")
    assert found is not None
    assert (found.permission, found.method) == ("storage.objects.create", "storage.objects.insert")
    assert found.resource.text == "projects/_/buckets/photos"


def test_the_path_of_a_download_is_a_read() -> None:
    found = path_in("GET https://storage.googleapis.com/download/storage/v1/b/a.b-c_1/o/x?alt=media")
    assert found is not None
    assert found.permission == "storage.objects.get"


@pytest.mark.parametrize(
    "message",
    [
        "",
        "POST https://example.com/storage/v1/b/photos/o",
        "/upload/storage/v1/b//o",
        "/upload/storage/v1/b/<script>/o",
        "/upload/storage/v1/b/ph%20otos/o",
        "/upload/storage/v1/b/ümlaut/o",
    ],
)
def test_what_is_no_data_path_of_cloud_storage_says_nothing(message: str) -> None:
    assert path_in(message) is None
