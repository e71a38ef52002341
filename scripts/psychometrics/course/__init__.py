"""The course of the alliance over a therapy: variance, growth, phases, ruptures, what leads and what follows."""
