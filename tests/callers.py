"""The header of a caller whom Cloud Run has let in, as it hands it on."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

from shared.adapters.caller_identity import REMOVED

AUDIENCE, CALLER = "https://f.example.com", "wake@acme-unforbid.iam.gserviceaccount.com"


def header(now: datetime, **claims: Any) -> dict[str, str]:
    """A token of the caller who is expected, but for these claims."""
    said = {"iss": "https://accounts.google.com", "aud": AUDIENCE, "email": CALLER, "email_verified": True}
    until = (now + timedelta(minutes=5)).timestamp()
    payload = urlsafe_b64encode(json.dumps({**said, "exp": until, **claims}).encode()).decode().rstrip("=")
    return {"Authorization": f"Bearer e30.{payload}.{REMOVED}"}
