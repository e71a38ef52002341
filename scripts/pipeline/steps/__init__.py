"""What several steps of the analysis share."""
