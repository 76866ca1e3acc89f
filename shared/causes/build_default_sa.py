"""A build runs as the default service account, which no longer has Editor."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

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
)
