"""Cloud Storage: the caller lacks a permission on the bucket or object."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="gcs.iam",
    title="Cloud Storage permission missing",
    order=90,
    tier=Tier.T1,
    explain="The caller lacks a Cloud Storage permission on this bucket or object. Project Viewer cannot read objects, and overwriting "
    "an object also needs storage.objects.delete.",
    confirm=(
        "Policy Troubleshooter for caller, bucket and permission says NOT_GRANTED, and no deny policy applies",
        "the bucket exists; with fine-grained access an object ACL may decide, which the troubleshooter does not see",
    ),
    remedy="Grant the narrowest Cloud Storage role on the bucket (objectViewer, objectCreator or objectUser) for a limited time.",
    traps=("X8", "X10"),
    permissions=(
        "storage.objects.*",
        "storage.buckets.*",
        "storage.managedFolders.*",
        "storage.folders.*",
        "storage.multipartUploads.*",
    ),
    sentences=(
        Sentence(
            r"(?P<principal>[^\s\"'<>]+@[^\s\"'<>]+|principal:\S+) does not have (?P<permission>storage\.[\w.]+) access to the google cloud(?: storage)? (?:object|bucket|project|managed folder|folder)",
            weight=3,
        ),
        Sentence(r"(?:anonymous caller|caller) does not have (?P<permission>storage\.[\w.]+)", weight=3),
        Sentence(r"AccessDeniedException: 403", weight=2, anyones=True),
        Sentence(r"<Code>AccessDenied</Code>", weight=2, anyones=True),
    ),
    fix=Remedy.GRANT_ROLE,
    service="storage.googleapis.com",
)
