"""Values -> text for people and machines; pure."""
