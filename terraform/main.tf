# unforbid in one project: a log sink delivers refused calls to a topic, the topic pushes them to `detect`, and what
# `detect` finds out is kept in Firestore. With a family of fixes on, `execute-*` carries out what people approve, woken by
# Cloud Tasks, and `sweep` ends what has to end. Every identity has a function of its own, and only what that one calls.

locals {
  watch = var.watch == null ? { kind = "project", id = var.project } : var.watch

  # A fix takes an approval or a sweep; observing takes neither.
  mends = length(var.fixes) > 0

  # Cloud Run answers under this address before the function is made, so that functions can be told each other's.
  urls = {
    for name in keys(local.functions) :
    name => "https://${var.name}-${name}-${data.google_project.home.number}.${var.region}.run.app"
  }

  pubsub_agent = "serviceAccount:service-${data.google_project.home.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  alert_agent  = "serviceAccount:service-${data.google_project.home.number}@gcp-sa-monitoring-notification.iam.gserviceaccount.com"

  apis = toset(concat(
    [
      "artifactregistry.googleapis.com",
      "cloudbuild.googleapis.com",
      "cloudfunctions.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "firestore.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "storage.googleapis.com",
    ],
    # The functions' questions to Google are accounted to this project, so the APIs that they ask have to be on here.
    var.look || local.mends ? [
      "bigquery.googleapis.com",
      "cloudasset.googleapis.com",
      "cloudkms.googleapis.com",
      "compute.googleapis.com",
      "policytroubleshooter.googleapis.com",
      "serviceusage.googleapis.com",
    ] : [],
    local.mends ? ["cloudscheduler.googleapis.com", "cloudtasks.googleapis.com"] : [],
    var.look || local.mends || var.slack != null ? ["secretmanager.googleapis.com"] : [],
  ))
}

data "google_project" "home" {
  project_id = var.project
}

resource "google_project_service" "needed" {
  for_each = local.apis

  project            = var.project
  service            = each.value
  disable_on_destroy = false # others may use it by then
}
