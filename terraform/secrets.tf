# Only the secrets' names are made here. Their values are added by hand (docs/deploy.md), so none is ever in a plan or a state.

locals {
  secret_readers = merge([
    for name, one in local.functions : { for secret in values(one.secrets) : "${secret}/${name}" => { secret = secret, name = name } }
  ]...)
}

resource "google_secret_manager_secret" "slack" {
  for_each = toset(var.slack == null ? [] : ["slack-bot-token", "slack-signing-secret"])

  project   = var.project
  secret_id = "${var.name}-${each.key}"
  labels    = var.labels

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.needed]
}

resource "google_secret_manager_secret_iam_member" "slack" {
  for_each = local.secret_readers

  project   = var.project
  secret_id = google_secret_manager_secret.slack[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.name].member
}
