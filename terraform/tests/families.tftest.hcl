# Each family of fixes brings its own function, account and permissions, in the named projects, and nothing else.

mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "archive" {
}

override_module {
  target = module.archive

  outputs = {
    name = "detect/0123456789abcdef.zip"
    path = "./.build/detect.zip"
  }
}

variables {
  project         = "acme-unforbid"
  organization    = "123456789012"
  watch           = { kind = "organization", id = "123456789012" }
  fix_projects    = ["acme-reports-dev", "acme-reports-test"]
  grantable_roles = ["roles/logging.logWriter", "roles/storage.objectViewer"]
  policy_file     = "./tests/fixtures/policy.compiled"

  approver_domains = ["acme.example"]
}

run "iam_brings_what_grants_take" {
  command = plan

  variables {
    fixes = ["iam"]
  }

  assert {
    condition     = keys(google_cloudfunctions2_function.function) == ["detect", "execute-iam", "sweep"]
    error_message = "The iam family brings other functions than its own and the sweep."
  }

  assert {
    condition     = keys(google_organization_iam_custom_role.role) == ["grant_reader", "grant_writer", "reader"]
    error_message = "The iam family brings other roles than its own."
  }

  assert {
    condition     = toset([for one in google_project_iam_member.fixer : one.project]) == toset(["acme-reports-dev", "acme-reports-test"])
    error_message = "Fixes may change something outside the named projects."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["detect"].service_config[0].environment_variables["UNFORBID_MODE"] == "enforce"
    error_message = "The functions are told another mode than the variables ask for."
  }
}

run "who_sets_policies_is_held_to_the_listed_roles" {
  command = plan

  variables {
    fixes = ["iam"]
  }

  assert {
    condition = alltrue([
      for key, one in google_project_iam_member.fixer :
      length(one.condition) != 1 ? false : strcontains(one.condition[0].expression, "hasOnly([\"roles/logging.logWriter\",\"roles/storage.objectViewer\"])")
      if strcontains(key, "/grant_writer/")
    ])
    error_message = "A role that sets policies is bound without its condition."
  }

  assert {
    condition     = alltrue([for key, one in google_project_iam_member.fixer : length(one.condition) == 0 if !strcontains(key, "/grant_writer/")])
    error_message = "A role that sets no policies has a condition about them."
  }
}

run "more_than_ten_roles_are_split_because_google_takes_ten" {
  command = plan

  variables {
    fixes           = ["iam"]
    grantable_roles = [for number in range(23) : "roles/example.reader${number}"]
  }

  assert {
    condition     = length(split(" || ", google_project_iam_member.fixer["execute-iam/grant_writer/acme-reports-dev"].condition[0].expression)) == 3
    error_message = "23 roles need three lists."
  }
}

run "the_journal_is_copied_to_a_bucket_that_nobody_can_change" {
  command = plan

  variables {
    fixes = ["iam"]
    copy  = { project = "acme-audit" }
  }

  assert {
    condition     = google_logging_project_bucket_config.copy[0].locked && google_logging_project_bucket_config.copy[0].retention_days == 400 && google_logging_project_bucket_config.copy[0].project == "acme-audit"
    error_message = "The copy can be shortened or deleted before its time, or lies where our own owner reaches it."
  }

  assert {
    condition     = google_project_iam_member.copy[0].role == "roles/logging.bucketWriter" && strcontains(google_project_iam_member.copy[0].condition[0].expression, "/buckets/unforbid-journal")
    error_message = "Whoever writes the copy may do more in that project than write this bucket."
  }

  assert {
    condition     = strcontains(google_logging_project_sink.copy[0].filter, "^unforbid-") && strcontains(google_logging_project_sink.copy[0].filter, "jsonPayload.event:*")
    error_message = "Others' log lines are copied, or not all of ours."
  }
}

run "without_a_project_for_it_there_is_no_copy" {
  command = plan

  variables {
    fixes = ["iam"]
  }

  assert {
    condition     = length(google_logging_project_sink.copy) + length(google_logging_project_bucket_config.copy) + length(google_project_iam_member.copy) == 0
    error_message = "Something is copied although nobody has asked for it."
  }
}

run "api_brings_what_switching_takes" {
  command = plan

  variables {
    fixes = ["api"]
  }

  assert {
    condition     = keys(google_cloudfunctions2_function.function) == ["detect", "execute-api", "sweep"]
    error_message = "The api family brings other functions than its own and the sweep."
  }

  assert {
    condition     = keys(google_organization_iam_custom_role.role) == ["api_undoer", "api_writer", "reader"]
    error_message = "The api family brings other roles than its own."
  }

  assert {
    condition     = !anytrue([for one in flatten([for role in google_organization_iam_custom_role.role : tolist(role.permissions)]) : endswith(one, "setIamPolicy")])
    error_message = "The api family may set policies."
  }
}

run "compute_brings_what_machines_take" {
  command = plan

  variables {
    fixes               = ["compute"]
    attachable_accounts = ["batch@acme-reports-dev.iam.gserviceaccount.com"]
  }

  assert {
    condition     = keys(google_organization_iam_custom_role.role) == ["machine_starter", "machine_writer", "reader"]
    error_message = "The compute family brings other roles than its own."
  }

  assert {
    condition     = keys(google_service_account_iam_member.attach) == ["batch@acme-reports-dev.iam.gserviceaccount.com"] && google_service_account_iam_member.attach["batch@acme-reports-dev.iam.gserviceaccount.com"].service_account_id == "projects/acme-reports-dev/serviceAccounts/batch@acme-reports-dev.iam.gserviceaccount.com"
    error_message = "An account may be attached that was not named, or one that was named may not."
  }

  assert {
    condition     = toset([for key, one in google_project_iam_member.fixer : split("/", key)[1] if startswith(key, "sweep/")]) == toset(["machine_starter"])
    error_message = "The sweep may do more with a machine than start it."
  }

  assert {
    condition     = google_cloud_tasks_queue.fixes["compute"].rate_limits[0].max_concurrent_dispatches == 1
    error_message = "More than one machine may be interrupted at a time."
  }
}

run "all_families_at_once_are_kept_apart" {
  variables {
    fixes               = ["iam", "api", "compute"]
    slack               = { channel = "C0123456789" }
    attachable_accounts = ["batch@acme-reports-dev.iam.gserviceaccount.com"]
  }

  assert {
    condition     = keys(google_cloudfunctions2_function.function) == ["approve", "detect", "execute-api", "execute-compute", "execute-iam", "sweep"]
    error_message = "Not every family has a function of its own."
  }

  assert {
    condition = alltrue([
      for family in ["iam", "api", "compute"] :
      google_cloudfunctions2_function.function["execute-${family}"].service_config[0].environment_variables["UNFORBID_FAMILIES"] == family
    ]) && google_cloudfunctions2_function.function["sweep"].service_config[0].environment_variables["UNFORBID_FAMILIES"] == "ends"
    error_message = "An executor would carry out fixes of another family."
  }

  assert {
    condition = alltrue([
      for name, one in google_cloudfunctions2_function.function :
      startswith(one.service_config[0].environment_variables["UNFORBID_QUEUE"], "iam=projects/acme-unforbid/locations/europe-west1/queues/unforbid-iam,api=")
      && one.service_config[0].environment_variables["UNFORBID_EXECUTE_URL"] == join(",", [for family in ["iam", "api", "compute"] : "${family}=${google_cloudfunctions2_function.function["execute-${family}"].service_config[0].environment_variables["UNFORBID_AUDIENCE"]}"])
    ])
    error_message = "A task would go to the queue or the address of another family."
  }

  assert {
    condition     = toset([for key in keys(google_cloud_tasks_queue_iam_member.enqueuer) : key if contains(["approve", "detect"], split("/", key)[1])]) == toset(["iam/approve", "iam/detect"])
    error_message = "Who decides nothing may wake more than the first family."
  }

  assert {
    condition = alltrue([
      for key, one in google_project_iam_member.fixer :
      contains(keys({ for role in local.family_roles[trimprefix(split("/", key)[0], "execute-")] : role => 1 }), split("/", key)[1])
      if startswith(key, "execute-")
    ])
    error_message = "An executor holds a role of another family."
  }

  assert {
    condition     = toset(keys(google_organization_iam_member.reader)) == toset(["detect", "execute-api", "execute-compute", "execute-iam", "sweep"])
    error_message = "Who looks once more before a fix begins may not look, or approve may."
  }
}

run "nobody_but_the_waker_may_call_what_writes" {
  variables {
    fixes = ["iam"]
    slack = { channel = "C0123456789" }
  }

  assert {
    condition = alltrue([
      for name, one in google_cloud_run_v2_service_iam_member.invoker : one.member == google_service_account.caller["wake"].member
      if startswith(name, "execute-") || name == "sweep"
    ])
    error_message = "Somebody beside the waker may call a function that writes."
  }

  assert {
    condition     = [for name, one in google_cloud_run_v2_service_iam_member.invoker : name if one.member == "allUsers"] == ["approve"]
    error_message = "Something beside approve is public."
  }

  assert {
    condition     = [for name, one in google_cloudfunctions2_function.function : name if one.service_config[0].ingress_settings != "ALLOW_INTERNAL_ONLY"] == ["approve"]
    error_message = "Something beside approve can be reached from outside."
  }

  assert {
    condition     = !anytrue([for one in google_project_iam_member.fixer : one.member == google_service_account.function["approve"].member])
    error_message = "approve, which is public, holds a role that changes something."
  }

  assert {
    condition     = !anytrue([for one in google_secret_manager_secret_iam_member.slack : one.secret_id == "unforbid-slack-bot-token" && one.member == google_service_account.function["approve"].member])
    error_message = "approve may read the bot's token."
  }

  assert {
    condition     = google_project_iam_member.store["journal/detect"].role == "roles/datastore.viewer" && alltrue([for one in google_project_iam_member.store : length(one.condition) == 1])
    error_message = "detect may write the journal of fixes."
  }

  assert {
    condition     = !contains(keys(google_project_iam_member.store), "journal/approve") && google_project_iam_member.store["queue/approve"].role == "roles/datastore.user"
    error_message = "approve, which is public, may reach the journal of fixes."
  }

  assert {
    condition     = strcontains(google_project_iam_member.store["queue/approve"].condition[0].expression, "databases/unforbid-queue\"")
    error_message = "Who may wake somebody may write another database too."
  }

  assert {
    condition     = google_project_iam_member.store["policy/detect"].role == "roles/datastore.viewer" && !contains(keys(google_project_iam_member.store), "policy/approve")
    error_message = "Somebody who carries nothing out may write which policy is in force."
  }

  assert {
    condition     = toset(google_iam_deny_policy.own[0].rules[0].deny_rule[0].denied_principals) == toset([for name in keys(google_service_account.function) : "principal://iam.googleapis.com/projects/-/serviceAccounts/unforbid-${name}@acme-unforbid.iam.gserviceaccount.com"])
    error_message = "The deny policy leaves one of our accounts out."
  }
}

run "the_organisation_is_watched_with_all_that_is_in_it" {
  command = plan

  assert {
    condition     = google_logging_organization_sink.denials[0].include_children && length(google_logging_project_sink.denials) == 0
    error_message = "The sink of the organisation leaves its projects out."
  }

  assert {
    condition     = keys(google_organization_iam_member.reader) == ["detect"] && google_organization_iam_member.reader["detect"].org_id == "123456789012" && contains(google_organization_iam_custom_role.role["reader"].permissions, "resourcemanager.folders.get")
    error_message = "The reader may not look where the sink does."
  }
}

run "a_folder_is_watched_alone" {
  command = plan

  variables {
    watch = { kind = "folder", id = "998877" }
  }

  assert {
    condition     = google_logging_folder_sink.denials[0].folder == "folders/998877" && google_folder_iam_member.reader["detect"].folder == "folders/998877" && length(google_organization_iam_member.reader) == 0
    error_message = "More than the folder is watched, or less."
  }
}

run "counted_refusals_come_through_a_topic_of_their_own" {
  command = plan

  variables {
    count_refusals = { more_than = 3 }
  }

  assert {
    condition     = google_pubsub_topic_iam_member.counts[0].topic == "unforbid-counts" && google_pubsub_topic_iam_member.sink.topic == "unforbid-denials"
    error_message = "Somebody beside the sink may publish to the topic of denials."
  }

  assert {
    condition     = google_monitoring_alert_policy.counts[0].conditions[0].condition_threshold[0].threshold_value == 3
    error_message = "The alert counts something else than was asked for."
  }
}

run "a_build_is_applied_only_after_approval" {
  command = plan

  variables {
    build = {
      repository = "projects/p/locations/europe-west1/connections/c/repositories/r"
      account    = "deploy@acme-unforbid.iam.gserviceaccount.com"
      bucket     = "acme-unforbid-plans"
    }
  }

  assert {
    condition     = google_cloudbuild_trigger.build["apply"].approval_config[0].approval_required && !google_cloudbuild_trigger.build["plan"].approval_config[0].approval_required
    error_message = "A plan is applied without approval, or made only after one."
  }

  assert {
    condition     = length(google_cloudbuild_trigger.build["apply"].repository_event_config) == 0
    error_message = "A commit starts the apply by itself."
  }
}
