# What cannot work, or must not be, is refused before anything is planned, with words that say what to do.

mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "archive" {}

override_module {
  target = module.archive

  outputs = {
    name = "detect/0123456789abcdef.zip"
    path = "./.build/detect.zip"
  }
}

variables {
  project          = "acme-unforbid"
  organization     = "123456789012"
  fixes            = ["iam"]
  fix_projects     = ["acme-reports-dev"]
  grantable_roles  = ["roles/logging.logWriter"]
  approver_domains = ["acme.example"]
  policy_file      = "./tests/fixtures/policy.compiled"
}

run "the_project_is_an_id" {
  command = plan

  variables {
    project = "112233445566"
  }

  expect_failures = [var.project]
}

run "an_organisation_is_watched_only_where_its_number_is_known" {
  command = plan

  variables {
    organization = ""
    watch        = { kind = "organization", id = "123456789012" }
  }

  expect_failures = [var.organization]
}

run "there_is_no_such_family" {
  command = plan

  variables {
    fixes = ["everything"]
  }

  expect_failures = [var.fixes]
}

run "a_family_needs_a_place" {
  command = plan

  variables {
    fix_projects = []
  }

  expect_failures = [var.fixes]
}

run "a_family_needs_rules" {
  command = plan

  variables {
    policy_file = ""
  }

  expect_failures = [var.fixes]
}

run "a_family_needs_somebody_who_may_approve" {
  command = plan

  variables {
    approver_domains = []
  }

  expect_failures = [var.approver_domains]
}

run "our_own_project_is_never_mended" {
  command = plan

  variables {
    fix_projects = ["acme-unforbid"]
  }

  expect_failures = [var.fix_projects]
}

run "a_wildcard_is_no_project" {
  command = plan

  variables {
    fix_projects = ["acme-*"]
  }

  expect_failures = [var.fix_projects]
}

run "a_basic_role_is_never_handed_out" {
  command = plan

  variables {
    grantable_roles = ["roles/editor"]
  }

  expect_failures = [var.grantable_roles]
}

run "an_admins_role_is_never_handed_out" {
  command = plan

  variables {
    grantable_roles = ["roles/storage.admin"]
  }

  expect_failures = [var.grantable_roles]
}

run "a_default_account_is_never_attached" {
  command = plan

  variables {
    attachable_accounts = ["112233445566-compute@developer.gserviceaccount.com"]
  }

  expect_failures = [var.attachable_accounts]
}

run "a_copy_lies_in_another_project" {
  command = plan

  variables {
    copy = { project = "acme-unforbid" }
  }

  expect_failures = [var.copy]
}

run "a_copy_is_kept_for_a_month_at_least" {
  command = plan

  variables {
    copy = { project = "acme-audit", days = 7 }
  }

  expect_failures = [var.copy]
}

run "a_channel_is_an_id" {
  command = plan

  variables {
    slack = { channel = "#alerts" }
  }

  expect_failures = [var.slack]
}

run "a_policy_file_has_to_be_there" {
  command = plan

  variables {
    policy_file = "./tests/fixtures/no-such-policy.yaml"
  }

  expect_failures = [var.policy_file]
}

run "a_policy_has_to_be_compiled" {
  command = plan

  variables {
    policy_file = "./tests/fixtures/policy.yaml"
  }

  expect_failures = [var.policy_file]
}
