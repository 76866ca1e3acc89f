# One map: what is deployed, from which source, as whom, reachable from where, and with which settings.

locals {
  root = abspath("${path.module}/..")

  functions = merge(
    {
      detect = {
        source  = "detect"
        entry   = "detect_denial"
        ingress = "ALLOW_INTERNAL_ONLY"
        seconds = 60
        secrets = local.slack_token
        env = merge(local.slack_channel, local.tasks, {
          UNFORBID_LOOK        = var.look ? "always" : "never"
          UNFORBID_MERGE_HOURS = tostring(var.merge_hours)
        })
      }
    },
    var.slack == null ? {} : {
      approve = {
        source  = "approve"
        entry   = "approve_click"
        ingress = "ALLOW_ALL" # Slack calls it from outside; it verifies the signature itself
        seconds = 30
        secrets = { UNFORBID_SLACK_SIGNING_SECRET = "slack-signing-secret" }
        env     = merge(local.slack_channel, local.tasks)
      }
    },
    {
      for family in var.fixes : "execute-${family}" => {
        source  = "execute"
        entry   = "execute_fix"
        ingress = "ALLOW_INTERNAL_ONLY"
        seconds = 300
        secrets = merge(local.slack_token, local.slack_signing)
        env     = merge(local.slack_channel, local.tasks, { UNFORBID_FAMILIES = family }, local.attachable)
      }
    },
    !local.mends ? {} : {
      sweep = {
        source  = "sweep"
        entry   = "sweep_up"
        ingress = "ALLOW_INTERNAL_ONLY"
        seconds = 300
        secrets = merge(local.slack_token, local.slack_signing)
        env     = merge(local.slack_channel, local.tasks, { UNFORBID_FAMILIES = "ends" }, local.attachable)
      }
    },
  )

  everywhere = merge(
    {
      UNFORBID_BACKEND            = "google"
      UNFORBID_PROJECT            = var.project
      UNFORBID_FIRESTORE_DATABASE = var.name
      UNFORBID_QUOTA_PROJECT      = var.project

      # Cloud Storage's client else asks for each bucket's metadata, which takes a permission that nothing of ours needs.
      DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA = "true"

      UNFORBID_MODE       = local.mends ? "enforce" : "observe"
      UNFORBID_IDENTITIES = join(",", local.every_account)
      UNFORBID_PROTECTED  = "//cloudresourcemanager.googleapis.com/projects/${var.project}"
    },
    var.organization == "" ? {} : { UNFORBID_ORGANIZATION = var.organization },
    var.policy_file == "" ? {} : { UNFORBID_POLICY = "policy" },
    var.roles_file == "" ? {} : { UNFORBID_ROLES = "roles.base64" },
    length(var.approver_domains) == 0 ? {} : { UNFORBID_DOMAINS = join(",", sort(tolist(var.approver_domains))) },
  )

  slack_channel = var.slack == null ? {} : { UNFORBID_SLACK_CHANNEL = var.slack.channel }
  slack_token   = var.slack == null ? {} : { UNFORBID_SLACK_TOKEN = "slack-bot-token" }
  slack_signing = var.slack == null ? {} : { UNFORBID_SLACK_SIGNING_SECRET = "slack-signing-secret" }
  attachable    = length(var.attachable_accounts) == 0 ? {} : { UNFORBID_ATTACHABLE = join(",", var.attachable_accounts) }

  sources = toset([for one in local.functions : one.source])
}

module "archive" {
  source   = "./archive"
  for_each = local.sources

  root        = local.root
  function    = each.key
  policy_file = var.policy_file
  roles_file  = each.key == "approve" ? "" : var.roles_file
}

resource "google_storage_bucket" "source" {
  project                     = var.project
  name                        = "${var.project}-${var.name}-source"
  location                    = var.region
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.keep_data

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      num_newer_versions = 3
      with_state         = "ARCHIVED"
    }
  }

  depends_on = [google_project_service.needed]
}

resource "google_storage_bucket_iam_member" "builder" {
  bucket = google_storage_bucket.source.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.caller["build"].member
}

resource "google_storage_bucket_object" "source" {
  for_each = module.archive

  bucket = google_storage_bucket.source.name
  name   = each.value.name
  source = each.value.path
}

resource "google_cloudfunctions2_function" "function" {
  for_each = local.functions

  project  = var.project
  location = var.region
  name     = "${var.name}-${each.key}"
  labels   = var.labels

  build_config {
    runtime         = "python313"
    entry_point     = each.value.entry
    service_account = google_service_account.caller["build"].id

    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.source[each.value.source].name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.function[each.key].email
    ingress_settings                 = each.value.ingress
    timeout_seconds                  = each.value.seconds
    available_memory                 = "512Mi"
    available_cpu                    = "1"
    max_instance_count               = var.limits.instances
    max_instance_request_concurrency = each.key == "detect" ? 16 : 1
    all_traffic_on_latest_revision   = true

    environment_variables = merge(local.everywhere, each.value.env, local.let_in[each.key])

    dynamic "secret_environment_variables" {
      for_each = each.value.secrets

      content {
        key        = secret_environment_variables.key
        project_id = var.project
        secret     = google_secret_manager_secret.slack[secret_environment_variables.value].secret_id
        version    = "latest"
      }
    }
  }

  depends_on = [
    google_firestore_database.store,
    google_project_iam_member.builder,
    google_project_service.needed,
    google_secret_manager_secret_iam_member.slack,
    google_storage_bucket_iam_member.builder,
  ]

  lifecycle {
    precondition {
      condition     = length("${var.name}-${each.key}-${data.google_project.home.number}") <= 63
      error_message = "The address of ${var.name}-${each.key} would be longer than a name in DNS may be: choose a shorter name."
    }
  }
}

# Who may call a function: exactly one caller each. Slack has no identity here, so `approve` is open, and checks signatures.
locals {
  invokers = {
    for name in keys(local.functions) : name => (
      name == "detect" ? google_service_account.caller["push"].member :
      name == "approve" ? "allUsers" :
      google_service_account.caller["wake"].member
    )
  }

  # The same once more for the code, which checks who calls besides Cloud Run. `approve` checks Slack's signature instead.
  let_in = {
    for name in keys(local.functions) : name => name == "approve" ? {} : {
      UNFORBID_AUDIENCE = local.urls[name]
      UNFORBID_CALLERS  = google_service_account.caller[name == "detect" ? "push" : "wake"].email
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = local.invokers

  project  = var.project
  location = var.region
  name     = google_cloudfunctions2_function.function[each.key].name
  role     = "roles/run.invoker"
  member   = each.value
}
