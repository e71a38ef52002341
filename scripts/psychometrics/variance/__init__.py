"""Variance components: therapists, sessions, raters, and reliability over repeated sessions."""
