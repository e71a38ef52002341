"""Scores of the scales, and the quality of the answers."""
