# What a provider would fill in, where something else needs it to look like the real thing.

mock_data "google_project" {
  defaults = {
    number = "112233445566"
  }
}

mock_resource "google_logging_project_sink" {
  defaults = {
    writer_identity = "serviceAccount:service-1@gcp-sa-logging.iam.gserviceaccount.com"
  }
}

mock_resource "google_logging_organization_sink" {
  defaults = {
    writer_identity = "serviceAccount:service-org-1@gcp-sa-logging.iam.gserviceaccount.com"
  }
}

mock_resource "google_logging_folder_sink" {
  defaults = {
    writer_identity = "serviceAccount:service-folder-1@gcp-sa-logging.iam.gserviceaccount.com"
  }
}

mock_resource "google_cloudfunctions2_function" {
  defaults = {
    service_config = {
      uri = "https://function.example"
    }
  }
}
