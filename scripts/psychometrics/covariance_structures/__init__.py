"""Structural equation models: from a model in lavaan's notation to estimates, standard errors, tests and fit indices."""
