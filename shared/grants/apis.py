"""APIs that are never switched on without people, and what each brings along.

Source: IAM documentation, "Default service accounts": such an account may be given Editor when it is created. The
others act as such an account, or need one of those that make it.
"""

from __future__ import annotations

NEEDS_COMPUTE = "it switches Compute Engine on, which creates its default account"
BRINGS_ALONG = {
    "appengine.googleapis.com": "it creates the App Engine default account",
    "appengineflex.googleapis.com": "it creates the App Engine default account",
    "cloudbuild.googleapis.com": "builds then run as an account that may deploy",
    "composer.googleapis.com": NEEDS_COMPUTE,
    "compute.googleapis.com": "it creates the Compute Engine default account",
    "container.googleapis.com": NEEDS_COMPUTE,
    "dataflow.googleapis.com": NEEDS_COMPUTE,
    "dataproc.googleapis.com": NEEDS_COMPUTE,
    "deploymentmanager.googleapis.com": "it then acts with an account that may edit the project",
    "iamcredentials.googleapis.com": "it lets accounts be impersonated",
    "notebooks.googleapis.com": NEEDS_COMPUTE,
}
