"""What an operator may set for Slack; part of the settings, and read with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

SLACK = {
    "UNFORBID_SLACK_CHANNEL": "id of the channel where runs are shown (C0123456789); default: none are shown",
    "UNFORBID_SLACK_TOKEN": "bot token of the Slack app, for detect and execute, which show runs; default none",
    "UNFORBID_SLACK_SIGNING_SECRET": "signing secret of the Slack app, for approve and execute; two with a comma "
    "between them while one replaces the other",
    "UNFORBID_SLACK_FORMS": "yes: a reason is asked for in a form, for which approve needs the token; no, the default: "
    "it is typed into the card",
    "UNFORBID_SLACK_API_URL": "http://127.0.0.1:PORT/api/ that answers in Slack's place; default: Slack answers",
    "UNFORBID_RUN_PAGE": "https address where people read a run, {run} in it is the run's id; default: no link",
}
YES_OR_NO = ("yes", "no")
LOCAL = ("127.0.0.1", "localhost")


class SlackSettings(Struct, frozen=True, kw_only=True):
    """The settings of one process for Slack. Printed, they keep their secrets."""

    channel: str = ""
    token: str = ""
    secrets: tuple[str, ...] = ()
    forms: bool = False
    api_url: str = ""
    page: str = ""

    def __repr__(self) -> str:
        """Which are set, and nothing that is secret."""
        return f"SlackSettings(channel={self.channel!r}, forms={self.forms}, secrets={len(self.secrets)})"


def slack_settings(environment: Mapping[str, str]) -> SlackSettings:
    """The settings for Slack in an environment; whether they can be used, `slack_problems` says."""
    secrets = environment.get("UNFORBID_SLACK_SIGNING_SECRET", "").split(",")
    return SlackSettings(
        channel=environment.get("UNFORBID_SLACK_CHANNEL", ""),
        token=environment.get("UNFORBID_SLACK_TOKEN", ""),
        secrets=tuple(one.strip() for one in secrets if one.strip()),
        forms=environment.get("UNFORBID_SLACK_FORMS", "no") == "yes",
        api_url=environment.get("UNFORBID_SLACK_API_URL", ""),
        page=environment.get("UNFORBID_RUN_PAGE", ""),
    )


def slack_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the settings for Slack; no secret is repeated."""
    forms = environment.get("UNFORBID_SLACK_FORMS", "no")
    if forms not in YES_OR_NO:
        yield f"UNFORBID_SLACK_FORMS must be one of {', '.join(YES_OR_NO)}, not {forms!r}"
    api_url = environment.get("UNFORBID_SLACK_API_URL", "")
    if api_url and not _is_local(api_url):
        yield f"UNFORBID_SLACK_API_URL must be http://127.0.0.1:PORT/api/, not {api_url!r}"
    page = environment.get("UNFORBID_RUN_PAGE", "")
    if page and not _is_page(page):
        yield f"UNFORBID_RUN_PAGE must be an https address, not {page!r}"
    channel = environment.get("UNFORBID_SLACK_CHANNEL", "")
    if channel and not (channel.isascii() and channel.isalnum() and channel.isupper()):
        yield f"UNFORBID_SLACK_CHANNEL must be the id of a channel (C0123456789), not {channel!r}"
    token = environment.get("UNFORBID_SLACK_TOKEN", "")
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        yield "UNFORBID_SLACK_TOKEN must be a bot token (xoxb-...), without blanks"


def _is_local(api_url: str) -> bool:
    """Whether calls stay on this machine: they carry the token, and no encryption."""
    parts = urlsplit(api_url)
    return parts.scheme == "http" and parts.hostname in LOCAL and parts.path.endswith("/") and parts.username is None


def _is_page(address: str) -> bool:
    """Whether this can be a link: nothing in it may end one, and its place is not the run's to choose."""
    parts = urlsplit(address)
    is_clean = address.isascii() and not set(address) & set("<>|\"'` ") and address.isprintable()
    return is_clean and parts.scheme == "https" and bool(parts.hostname) and "{" not in parts.netloc
