"""How strongly measures go together: correlations, their differences, and what unreliability hides."""
