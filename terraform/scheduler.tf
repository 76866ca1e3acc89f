# Every five minutes `sweep` does what is due: it goes on with what was lost, ends grants, and starts what was left stopped.

resource "google_cloud_scheduler_job" "sweep" {
  count = local.mends ? 1 : 0

  project          = var.project
  region           = var.region
  name             = "${var.name}-sweep"
  description      = "Wakes unforbid's sweep."
  schedule         = "*/5 * * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "320s"

  retry_config {
    retry_count          = 2
    min_backoff_duration = "10s"
  }

  http_target {
    http_method = "POST"
    uri         = local.urls["sweep"]

    oidc_token {
      service_account_email = google_service_account.caller["wake"].email
      audience              = local.urls["sweep"]
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.invoker]
}
