# What wakes a fix for its next step: one queue for each family, so that each can be paused by itself. What is no fix, such as
# a question that somebody has answered, goes to the first family that is on: all of them know what to do about it.

locals {
  # The order in which families are named to the code: the first of them also does what is no fix.
  families = [for family in ["iam", "api", "compute"] : family if contains(var.fixes, family)]

  # Whoever puts a task into a queue. A fix may go from one family to the next, and the sweep finds those that are lost;
  # `detect` and `approve` know of no fixes, and wake the first family alone.
  enqueuers = merge([
    for family in local.families : {
      for name in keys(local.functions) : "${family}/${name}" => { family = family, name = name }
      if !contains(["approve", "detect"], name) || family == local.families[0]
    }
  ]...)

  tasks = !local.mends ? {} : {
    UNFORBID_QUEUE       = join(",", [for family in local.families : "${family}=projects/${var.project}/locations/${var.region}/queues/${var.name}-${family}"])
    UNFORBID_EXECUTE_URL = join(",", [for family in local.families : "${family}=https://${var.name}-execute-${family}-${data.google_project.home.number}.${var.region}.run.app"])
    UNFORBID_INVOKER     = google_service_account.caller["wake"].email
  }
}

resource "google_cloud_tasks_queue" "fixes" {
  for_each = var.fixes

  project  = var.project
  location = var.region
  name     = "${var.name}-${each.key}"

  rate_limits {
    max_concurrent_dispatches = each.key == "compute" ? 1 : 3
    max_dispatches_per_second = var.limits.tasks_per_second
  }

  # A task that is lost for good is found by the sweep, so none is repeated for ever.
  retry_config {
    max_attempts       = 20
    max_backoff        = "300s"
    max_doublings      = 5
    max_retry_duration = "3600s"
    min_backoff        = "5s"
  }

  stackdriver_logging_config {
    sampling_ratio = 1
  }

  depends_on = [google_project_service.needed]
}

resource "google_cloud_tasks_queue_iam_member" "enqueuer" {
  for_each = local.enqueuers

  project  = var.project
  location = var.region
  name     = google_cloud_tasks_queue.fixes[each.value.family].name
  role     = "roles/cloudtasks.enqueuer"
  member   = google_service_account.function[each.value.name].member
}

# A task carries the identity that calls, and naming it takes this.
resource "google_service_account_iam_member" "wake" {
  for_each = toset(local.mends ? keys(local.functions) : [])

  service_account_id = google_service_account.caller["wake"].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.function[each.key].member
}
