project      = "acme-unforbid"
organization = "123456789012"
fix_projects = ["acme-reports-dev", "acme-reports-test"]
channel      = "C0123456789"
oncall       = "oncall@acme.example"
policy_file  = "policy.compiled"
