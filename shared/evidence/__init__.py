"""What can be read from what Google Cloud was asked for: values in, verdicts out."""
