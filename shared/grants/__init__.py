"""Which role on which resource: the knowledge behind a grant, without the cloud."""
