"""A 403 without any sign of Google: the application's own, an upstream's or another cloud's."""

from shared.model.denial import Denial
from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier
from shared.renderings.vendors import Vendor, vendor_of


def _narrow(denial: Denial) -> str:
    google = denial.names.service or vendor_of(denial.message) is Vendor.GOOGLE
    return "iam.unconfirmed" if google and "app_403" not in denial.signs.marks else "app.own_403"


CAUSE = Cause(
    id="app.own_403",
    title="Not Google's refusal",
    order=98,
    tier=Tier.T3,
    explain="Nothing in the text comes from a Google API: the application itself, a partner or another cloud refused.",
    confirm=("the host that answered; the code that printed the line",),
    remedy="Ask the owner of the application or service that answered.",
    marks=("app_403",),
    sentences=(Sentence(r"\b403\b.{0,12}\bforbidden\b|\bforbidden\b.{0,12}\b403\b", weight=1, anyones=True),),
    narrow=_narrow,
)
