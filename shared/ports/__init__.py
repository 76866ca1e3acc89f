"""What the pipeline asks of the outside, as Protocols."""

from shared.ports.fixes import Fits, Guards, Journal, Queue
from shared.ports.google import Cloud, Facts, Sight
from shared.ports.people import Ballots, Chat, Directory
from shared.ports.runs import Clock, Recorder, Store

__all__ = [
    "Ballots",
    "Chat",
    "Clock",
    "Cloud",
    "Directory",
    "Facts",
    "Fits",
    "Guards",
    "Journal",
    "Queue",
    "Recorder",
    "Sight",
    "Store",
]
