"""Confirmatory models of what several instruments have in common, compared with each other."""
