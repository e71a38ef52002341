"""Measurement invariance: whether items mean the same in groups, at occasions and from perspectives."""
