# With nothing but a project, unforbid observes: there is no identity, function or permission that could change anything.

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
  project = "acme-unforbid"
}

run "only_detect_is_deployed" {
  command = plan

  assert {
    condition     = keys(google_cloudfunctions2_function.function) == ["detect"]
    error_message = "Something beside detect is deployed by default."
  }

  assert {
    condition     = keys(google_service_account.function) == ["detect"] && keys(google_service_account.caller) == ["build", "push"]
    error_message = "There is an account that nothing needs."
  }

  assert {
    condition     = length(google_cloud_tasks_queue.fixes) == 0 && length(google_cloud_scheduler_job.sweep) == 0 && length(google_secret_manager_secret.slack) == 0
    error_message = "Queues, schedules or secrets exist although nothing is mended."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["detect"].service_config[0].environment_variables["UNFORBID_MODE"] == "observe"
    error_message = "The functions are told another mode than the variables ask for."
  }
}

run "nothing_that_writes_is_granted" {
  command = plan

  assert {
    condition     = length(google_project_iam_member.fixer) == 0 && length(google_service_account_iam_member.attach) == 0
    error_message = "A role that changes something is bound by default."
  }

  assert {
    condition     = keys(google_project_iam_custom_role.role) == ["reader/acme-unforbid"]
    error_message = "A role beside the reader's is made by default."
  }

  assert {
    condition = alltrue([
      for one in google_project_iam_custom_role.role["reader/acme-unforbid"].permissions :
      can(regex("[.](get|list|use|getIamPolicy|search[A-Za-z]+|listReferrers|getSerialPortOutput)$", one))
    ])
    error_message = "The reader's role holds a permission that does not read."
  }
}

run "the_sink_leaves_out_our_own_accounts" {
  command = plan

  assert {
    condition     = startswith(google_logging_project_sink.denials[0].filter, "NOT (protoPayload.authenticationInfo.principalEmail=(\"unforbid-detect@acme-unforbid.iam.gserviceaccount.com\")")
    error_message = "The filter does not name our account: unforbid would feed on its own refusals."
  }

  assert {
    condition     = anytrue([for one in google_logging_project_sink.denials[0].exclusions : one.name == "unforbid-self" && strcontains(one.filter, "unforbid-detect@acme-unforbid.iam.gserviceaccount.com")])
    error_message = "The sink has no exclusion for our own account."
  }

  assert {
    condition     = startswith(trimspace(google_logging_project_sink.denials[0].filter), "NOT (") && length(google_logging_project_sink.denials[0].filter) < 20000
    error_message = "The filter does not begin with leaving us out, or is longer than Google takes."
  }
}

run "only_the_push_account_may_call_detect" {
  assert {
    condition     = [for one in google_cloud_run_v2_service_iam_member.invoker : one.member] == [google_service_account.caller["push"].member]
    error_message = "Somebody beside the push account may call detect."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["detect"].service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    error_message = "detect can be reached from outside."
  }
}

run "delivery_is_authenticated_and_nothing_is_dropped" {
  assert {
    condition     = google_pubsub_subscription.denials.push_config[0].oidc_token[0].audience == google_cloudfunctions2_function.function["detect"].service_config[0].environment_variables["UNFORBID_AUDIENCE"]
    error_message = "detect expects another audience than the push sends."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["detect"].service_config[0].environment_variables["UNFORBID_CALLERS"] == google_service_account.caller["push"].email
    error_message = "detect lets somebody in who is not the push account."
  }

  assert {
    condition     = google_pubsub_subscription.denials.dead_letter_policy[0].dead_letter_topic == google_pubsub_topic.dead.id && google_pubsub_subscription.dead.topic == google_pubsub_topic.dead.id
    error_message = "Dead letters are lost."
  }

  assert {
    condition     = google_pubsub_topic_iam_member.sink.member == google_logging_project_sink.denials[0].writer_identity
    error_message = "The sink may not publish."
  }
}

run "every_document_that_expires_is_cleaned_up" {
  command = plan

  assert {
    condition     = length(setsubtract(["claims", "leases", "parts", "quarantine", "runs"], [for one in google_firestore_field.expiring : one.collection])) == 0
    error_message = "A collection that expires has no time-to-live policy."
  }
}

run "looking_can_be_switched_off_with_its_permissions" {
  command = plan

  variables {
    look = false
  }

  assert {
    condition     = length(google_project_iam_custom_role.role) == 0 && length(google_project_iam_member.reader) == 0
    error_message = "A reader's role exists although nothing is looked at."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["detect"].service_config[0].environment_variables["UNFORBID_LOOK"] == "never"
    error_message = "detect still looks."
  }
}
