"""Policies for the scenarios in which something is uploaded: by a rule alone, and by people's word."""

from __future__ import annotations

from shown_runs import OWNERS, SECURITY

UPLOAD, SCOPE = "upload-allow-missing", "story1-scope-own-account"
HEAD = f"""version: 1
approvers:
  owners: {{group_id: "{OWNERS.group_id}", need: 1}}
  security: {{group_id: "{SECURITY.group_id}", need: 1}}
"""
UPLOADER = "serviceAccount:uploader@acme-web.iam.gserviceaccount.com"
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"
AUTO = f"""{HEAD}
rules:
  - id: uploads
    when:
      source: [audit]
      principal: {{is: ["{UPLOADER}"]}}
      permission: [storage.objects.create]
      target: {{is: ["{BUCKET}"]}}
    then: {{mode: auto, action: grant_role, roles: [roles/storage.objectCreator], hours: 2}}
"""
ASK = f"""{HEAD}
rules:
  - id: uploads
    when: {{permission: [storage.objects.create], target: {{kind: bucket}}}}
    then: {{mode: approve, action: grant_role, roles: [roles/storage.objectCreator], hours: 2, approvers: [owners]}}
"""
SCOPES = f"""{HEAD}
rules:
  - id: scopes
    when: {{target: {{kind: instance}}}}
    then: {{mode: approve, action: vm_scopes, approvers: [owners, security]}}
"""
IN_ITS_WINDOW = SCOPES.replace("action: vm_scopes", 'action: vm_scopes, window: "Wed 03:00-04:00 UTC"')
