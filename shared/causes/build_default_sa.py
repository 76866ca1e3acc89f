"""A build runs as the default service account, which no longer has Editor."""

from shared.model.denial import Denial
from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

BUILDS = ("build", "deploy", "function", "gcf-", "run-sources-", "artifacts.")
"""Words of a build or a deployment, and of the buckets that hold what is built."""


def _narrow(denial: Denial) -> str:
    """The default account also runs virtual machines: without a word of a build it is just an account."""
    names = denial.names
    told = f"{denial.message} {names.resource.text if names.resource else ''} {denial.origin.runs_on}".lower()
    if any(word in told for word in BUILDS) or not names.permissions:
        return "build.default_sa"
    return {"storage": "gcs.iam", "artifactregistry": "ar.pull"}.get(
        names.permissions[0].partition(".")[0], "iam.unconfirmed"
    )


CAUSE = Cause(
    id="build.default_sa",
    title="Build account lacks a permission",
    order=86,
    tier=Tier.T1,
    explain="Builds and function deployments run as a service account, often the default one. New projects no longer give it Editor, so "
    "it cannot read the uploaded source or push the image.",
    confirm=("the build's service account (in the trigger or function) and its roles on the project",),
    remedy="Run builds as a dedicated account with roles/cloudbuild.builds.builder, rather than widening the default account.",
    traps=("X12",),
    sentences=(
        Sentence(
            r"(?P<principal>\d+(?:-compute@developer|@cloudbuild)\.gserviceaccount\.com) does not have (?P<permission>[\w.]+) access",
            weight=3,
        ),
        Sentence(
            r"(?:build|deploy)\b.{0,200}\b(?:default )?service account (?P<principal>\d+(?:-compute@developer|@cloudbuild)\.gserviceaccount\.com)['\")]* (?:does not|lacks|is missing|needs|must)",
            weight=2,
        ),
        Sentence(r"caused by (?:a )?missing permission(?:s)? on the build service account", weight=3),
    ),
    fix=Remedy.GRANT_ROLE,
    narrow=_narrow,
)
