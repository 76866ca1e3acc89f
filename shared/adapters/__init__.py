"""The real things behind the ports, one file each; the only code that may import Google's clients or Slack's."""
