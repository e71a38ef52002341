"""Simulated answers with a known structure."""
