"""Whether a virtual machine may be touched, which scopes a call takes, and which change of its access is right."""
