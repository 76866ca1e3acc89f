"""Slack's libraries are loaded when a card is made or a click answered, and never before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LOAD = """
import importlib.util, sys
import shared.flows, shared.cli.main, shared.clicks, shared.showing, shared.slack, shared.approvals.slack, shared.wiring
import shared.render.card, shared.render.digest, shared.render.story, shared.adapters.slack_chat, shared.adapters.slack_clicks
for name in ("detect", "approve", "execute", "sweep"):
    spec = importlib.util.spec_from_file_location("main", f"functions/{name}/main.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
from shared.slack import clicks, room, style
from shared.slack_settings import SlackSettings
assert room(SlackSettings(), None, None, None) is None
print(sorted({name.partition(".")[0] for name in sys.modules} & {"slack_sdk", "slack_bolt", "slack", "aiohttp"}))
"""


def test_no_import_and_no_dry_run_loads_slack(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LOAD], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr
