"""Structural equation models: a model in lavaan's notation, its estimates, standard errors, tests and fit indices."""
