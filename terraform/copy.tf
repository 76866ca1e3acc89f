# A copy of the journal in another project, for as long as it is promised: whoever may write our databases cannot write it,
# and until the days are over nobody can shorten or delete it, not even its owner.

resource "google_logging_project_bucket_config" "copy" {
  count = var.copy == null ? 0 : 1

  project        = var.copy.project
  location       = var.region
  bucket_id      = "${var.name}-journal"
  description    = "What unforbid of ${var.project} has decided and done: each line of its journal, and each of its own log lines."
  retention_days = var.copy.days
  locked         = true

  depends_on = [google_project_service.needed]
}

resource "google_logging_project_sink" "copy" {
  count = var.copy == null ? 0 : 1

  project                = var.project
  name                   = "${var.name}-copy"
  description            = "Our own log lines, the lines of the journal among them, to a bucket that nobody can change."
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.copy[0].id}"
  unique_writer_identity = true
  filter                 = "${local.our_lines} AND jsonPayload.event:*"
}

resource "google_project_iam_member" "copy" {
  count = var.copy == null ? 0 : 1

  project = var.copy.project
  role    = "roles/logging.bucketWriter"
  member  = google_logging_project_sink.copy[0].writer_identity

  condition {
    title      = "only this bucket"
    expression = "resource.name.endsWith(\"locations/${var.region}/buckets/${var.name}-journal\")"
  }
}
