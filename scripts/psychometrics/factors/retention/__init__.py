"""How many factors to retain: criteria and the one that decides."""
