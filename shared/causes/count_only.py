"""Calls that only Google's own count tells of: most were refused at the front door, which leaves no entry."""

from shared.model.diagnosis import Also, Cause
from shared.model.plan import Tier

CAUSE = Cause(
    id="count.only",
    title="Refused calls that only a count tells of",
    order=98,
    tier=Tier.T3,
    explain="Google counted calls of this project to this service that were answered with 403; a count names nobody and "
    "gives no reason. Calls that the API front end refuses, before the service is asked, are usually in no audit log. The "
    "count also holds refusals that have an entry: a run about the same service may be these.",
    confirm=(
        "the log of the caller around that time holds the error body, whose ErrorInfo reason tells which it was: explain it",
        "services.get in that project says whether the API is on",
        "the credential is told as serviceaccount:, apikey: or oauth2: with an id; that finds the caller",
    ),
    remedy="Find the caller by the credential and the method, and explain the error that it printed; nothing can be "
    "mended by the count alone.",
    marks=("counted_refusals",),
    also=(
        Also("api.disabled", "the API may be off in the project that pays: services.get tells"),
        Also("cred.scope.gce", "the token may lack the scope: then only calls from machines fail"),
        Also("project.quota_user", "the caller may not use this project for its quota"),
        Also("project.billing", "the project's billing may be off"),
        Also("key.service", "an API key may be restricted: then the credential begins with apikey:"),
        Also(
            "iam.unconfirmed",
            "the service may have refused them itself; then an entry says so, where its audit log is on",
        ),
    ),
)
