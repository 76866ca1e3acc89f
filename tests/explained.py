"""From an entry to its report, in one call."""

from __future__ import annotations

import json
from typing import Any

from shared import flows
from shared.cli.inputs import read_inputs
from shared.errors import Unreadable
from shared.model.report import Report
from shared.pipeline.report import report_unreadable


def explain(value: Any) -> Report:
    """The report on an entry, an error body, or a plain text."""
    data = json.dumps(value).encode()
    (found,) = read_inputs(data)
    return report_unreadable(str(found)) if isinstance(found, Unreadable) else flows.explain(found)
