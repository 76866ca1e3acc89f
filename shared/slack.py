"""Slack's parts, put together from settings: what answers clicks, and the room in which runs are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.approvals.slack import clicked, still_says
from shared.approvals.webhook import Signed
from shared.clicks import Counter, answer
from shared.errors import SettingsError
from shared.log import log
from shared.render.card import Style
from shared.render.card_form import told

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.adapters.slack_clicks import SlackClicks
    from shared.deciding import Station
    from shared.model.approval import Vote
    from shared.ports import Ballots, Clock, Queue, Store
    from shared.showing import Room
    from shared.slack_settings import SlackSettings


def clicks(known: SlackSettings, station: Station, store: Store, queue: Queue) -> SlackClicks:
    """What answers clicks; raises `SettingsError` where it could not tell a forged one."""
    from shared.adapters.slack_clicks import Behind, SlackClicks

    if not known.secrets:
        raise SettingsError(["UNFORBID_SLACK_SIGNING_SECRET must be set where clicks are answered"])
    if known.forms and not known.token:
        raise SettingsError(["UNFORBID_SLACK_TOKEN must be set where UNFORBID_SLACK_FORMS is yes"])
    counter = Counter(station=station, store=store, queue=queue, in_form=known.forms)
    behind = Behind(
        verify=lambda timestamp, signature, body: clicked(
            Signed(timestamp=timestamp, signature=signature, body=body), known.secrets, station.clock.now()
        ),
        answer=lambda click: answer(click, counter),
        words=told,
        note=log,
    )
    return SlackClicks(behind, token=known.token if known.forms else "", api_url=known.api_url)


def room(known: SlackSettings, ballots: Ballots, store: Store, clock: Clock) -> Room | None:
    """Where runs are shown; None where the settings name no channel."""
    from shared.adapters.slack_chat import SlackChat
    from shared.showing import Room

    if not known.channel:
        return None
    if not known.token:
        raise SettingsError(["UNFORBID_SLACK_TOKEN must be set where UNFORBID_SLACK_CHANNEL is"])
    return Room(
        chat=SlackChat(known.token, clock, known.api_url),
        ballots=ballots,
        store=store,
        clock=clock,
        channel=known.channel,
        style=style(known),
    )


def style(known: SlackSettings) -> Style:
    """How cards are made by these settings."""
    return Style(in_form=known.forms, page=known.page)


def verifier(known: SlackSettings, ballots: Ballots) -> Callable[[Vote], bool]:
    """Whether the proof of a vote through Slack still says that vote: asked again before anything is carried out."""
    return lambda vote: still_says(vote, known.secrets, ballots.person_of)
