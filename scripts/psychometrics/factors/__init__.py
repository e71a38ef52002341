"""Exploratory factor analysis: extraction, rotation, fit, general factor, common factor, replicability."""
