"""Psychometrics of questionnaires: arrays and frames in, results as dataclasses or tidy frames out."""
