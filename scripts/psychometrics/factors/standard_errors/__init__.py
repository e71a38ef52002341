"""Analytic standard errors of rotated solutions, and their bias in small samples."""
