"""From files to a checked data set, and from results to tables."""
