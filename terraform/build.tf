# Two triggers: each commit is checked and planned; the plan is applied only after a person has approved that build. A build
# cannot wait for somebody in its middle, so the apply is a build of its own, which Google holds until it is approved.

locals {
  triggers = var.build == null ? {} : {
    plan  = { file = "cloudbuild.yaml", approved = false, what = "Checks a commit, plans it, and asks for approval to apply the plan." }
    apply = { file = "terraform/apply.cloudbuild.yaml", approved = true, what = "Applies a plan, after approval." }
  }
}

resource "google_cloudbuild_trigger" "build" {
  for_each = local.triggers

  project         = var.project
  location        = var.region
  name            = "${var.name}-${each.key}"
  description     = each.value.what
  service_account = "projects/${var.project}/serviceAccounts/${var.build.account}"
  filename        = each.key == "plan" ? each.value.file : null

  substitutions = {
    _BUCKET  = var.build.bucket
    _REGION  = var.region
    _NAME    = var.name
    _TRIGGER = "${var.name}-apply"
    _ROLES   = var.build.roles
  }

  # Commits start the plan by themselves. The apply is started by the plan's last step, for the same commit.
  dynamic "repository_event_config" {
    for_each = each.key == "plan" ? [var.build] : []

    content {
      repository = repository_event_config.value.repository

      push {
        branch = "^${repository_event_config.value.branch}$"
      }
    }
  }

  dynamic "source_to_build" {
    for_each = each.key == "apply" ? [var.build] : []

    content {
      repository = source_to_build.value.repository
      ref        = "refs/heads/${var.build.branch}"
      repo_type  = "UNKNOWN"
    }
  }

  dynamic "git_file_source" {
    for_each = each.key == "apply" ? [var.build] : []

    content {
      path       = each.value.file
      repository = git_file_source.value.repository
      revision   = "refs/heads/${var.build.branch}"
      repo_type  = "UNKNOWN"
    }
  }

  approval_config {
    approval_required = each.value.approved
  }

  depends_on = [google_project_service.needed]
}
