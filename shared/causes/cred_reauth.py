"""Reauthentication: the session length policy wants a fresh login."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="cred.reauth",
    title="Reauthentication needed",
    order=55,
    tier=Tier.T3,
    explain="Your organisation limits how long a login lasts, and yours has run out. A program that meets this runs on a person's credentials.",
    confirm=("the token endpoint answered invalid_grant with error_subtype invalid_rapt",),
    remedy="Log in again. A service must run on a service account, not on a person's login.",
    sentences=(
        Sentence(
            r"reauthentication (?:is )?(?:needed|required|failed)|reauth(?:entication)? (?:challenge|is required)",
            weight=3,
        ),
        Sentence(r"invalid_rapt|rapt_required", weight=3),
    ),
)
