"""How strongly do measures go together? Correlations, their differences, and what unreliability hides."""
