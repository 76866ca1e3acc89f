"""The limit: a CloudEvent function that does nothing."""

from __future__ import annotations

import functions_framework
from cloudevents.http import CloudEvent


@functions_framework.cloud_event
def noop(event: CloudEvent) -> None:
    """Take an event and do nothing with it."""
