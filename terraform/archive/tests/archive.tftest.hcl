# What is packed, and under which name.

mock_provider "archive" {
  mock_data "archive_file" {
    defaults = {
      output_md5 = "0123456789abcdef"
    }
  }
}

variables {
  root     = "../.."
  function = "detect"
  contents = { takes = ["shared/model/*.py"], leaves = ["shared/model/machine.py"] }
}

run "an_archive_is_named_by_its_content" {
  assert {
    condition     = output.name == "detect/0123456789abcdef.zip" && data.archive_file.source.output_file_mode == "0644"
    error_message = "A changed archive would not be deployed, or an unchanged one would."
  }
}

run "only_what_is_deployed_is_packed" {
  assert {
    condition     = alltrue([for one in data.archive_file.source.source : contains(["main.py", "requirements.txt"], one.filename) || startswith(one.filename, "shared/")])
    error_message = "There is something in the archive that does not belong there."
  }

  assert {
    condition     = anytrue([for one in data.archive_file.source.source : one.filename == "requirements.txt" && strcontains(one.content, "--hash=sha256:")])
    error_message = "The packages of the archive are not held to their hashes."
  }
}

run "what_the_table_leaves_out_is_left_out" {
  assert {
    condition     = length([for one in data.archive_file.source.source : one if one.filename == "shared/model/machine.py"]) == 0 && length([for one in data.archive_file.source.source : one if one.filename == "shared/model/denial.py"]) == 1
    error_message = "A file is packed that the table leaves out, or one is missing that it takes."
  }
}

run "the_table_of_contents_is_what_is_packed_by_default" {
  variables {
    function = "approve"
    contents = null
  }

  assert {
    condition     = contains([for one in data.archive_file.source.source : one.filename], "shared/clicks.py") && !anytrue([for one in data.archive_file.source.source : startswith(one.filename, "shared/moves/") || startswith(one.filename, "shared/cli/")])
    error_message = "What is public holds code that it never loads."
  }
}

run "a_catalogue_of_roles_goes_along_where_there_is_one" {
  variables {
    roles_file = "../tests/fixtures/roles.bin"
  }

  assert {
    condition     = [for one in data.archive_file.source.source : base64decode(one.content) if one.filename == "roles.base64"] == ["unforbid roles 1"]
    error_message = "The catalogue of roles is not in the archive."
  }
}

run "a_policy_goes_along_where_there_is_one" {
  variables {
    policy_file = "../tests/fixtures/policy.compiled"
  }

  assert {
    condition     = length([for one in data.archive_file.source.source : one if one.filename == "policy"]) == 1
    error_message = "The policy file is not in the archive."
  }
}
