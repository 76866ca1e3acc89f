"""An external table in Drive: the credential lacks the Drive scope, or the file is not shared."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="bq.drive",
    title="Drive file behind a BigQuery table",
    order=69,
    tier=Tier.T3,
    explain="The table reads a file in Google Drive, and the credential either lacks the Drive scope or the file is not shared with the account.",
    confirm=(
        "the credential's scopes include https://www.googleapis.com/auth/drive.readonly; the file's sharing lists the account",
    ),
    remedy="Create the client with the Drive scope and share the file with the account.",
    next_error="BigQuery's own permissions are checked as well",
    sentences=(
        Sentence(r"permission denied while getting drive credentials|google drive scope", weight=2),
        Sentence(
            r"drive file .{0,80}(?:not (?:shared|accessible|found)|permission)|(?:no|without) (?:access|permission) to (?:the )?(?:drive|spreadsheet|google sheet)",
            weight=3,
        ),
    ),
    service="bigquery.googleapis.com",
)
