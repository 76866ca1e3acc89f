"""Whether a permission touches what is stored rather than what stores it, and whether it only reads."""

from __future__ import annotations

from functools import lru_cache

READS = (
    *("get", "list", "search", "read", "view", "query", "lookup", "fetch", "check", "show", "download", "export"),
    *(
        "consume",
        "access",
        "useToDecrypt",
        "useReadOnly",
        "sample",
        "analyze",
        "test",
        "aggregate",
        "describe",
        "watch",
    ),
)
"""How the verbs of permissions that change nothing begin."""
DATA_COLLECTIONS = frozenset(
    {
        *("storage.objects", "storage.multipartUploads", "bigtable.keyvisualizer", "spanner.databases.partitionQuery"),
        *("datastore.entities", "firebasedatabase.instances", "secretmanager.versions", "logging.privateLogEntries"),
        *("pubsub.snapshots", "healthcare.fhirResources", "healthcare.dicomWebStore", "healthcare.hl7V2Messages"),
        *("documentai.processors", "discoveryengine.documents", "aiplatform.entityTypes", "managedkafka.topics"),
        *("artifactregistry.files", "cloudkms.cryptoKeyVersions", "source.repos", "firebasestorage.defaultBucket"),
    }
)
DATA_VERBS = frozenset(
    {
        *(
            "getData",
            "updateData",
            "exportData",
            "getFilteredData",
            "readRows",
            "mutateRows",
            "sampleRowKeys",
            "select",
        ),
        *(
            "readStream",
            "consume",
            "publish",
            "seek",
            "readFiles",
            "writeFiles",
            "downloadArtifacts",
            "deleteArtifacts",
        ),
        *("uploadArtifacts", "beginReadOnlyTransaction", "beginOrRollbackReadWriteTransaction", "write", "access"),
        *("executeSql", "fetch", "useToDecrypt", "useToEncrypt", "useToSign", "downloadData", "login"),
    }
)


@lru_cache(maxsize=16_384)
def is_data(permission: str) -> bool:
    """Whether a permission reaches data: objects, rows, messages, secrets, keys in use; not settings or names."""
    collection, _, verb = permission.rpartition(".")
    return verb in DATA_VERBS or collection in DATA_COLLECTIONS


@lru_cache(maxsize=16_384)
def is_read(permission: str) -> bool:
    """Whether a permission changes nothing, by its verb."""
    return permission.rpartition(".")[2].startswith(READS)
