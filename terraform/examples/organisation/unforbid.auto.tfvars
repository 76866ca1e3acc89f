project      = "acme-unforbid"
organization = "123456789012"
oncall       = "oncall@acme.example"

# The roles of the organisation, once they were read (docs/deploy.md).
# roles_file = "roles.bin"

# Cards in Slack.
# channel = "C0123456789"

# The first fix.
# fixes            = ["iam"]
# fix_projects     = ["acme-reports-dev", "acme-reports-test"]
# grantable_roles  = ["roles/logging.logWriter", "roles/monitoring.metricWriter", "roles/storage.objectViewer"]
# policy_file      = "policy.compiled"
# approver_domains = ["acme.example"]
