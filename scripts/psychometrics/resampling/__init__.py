"""Bootstrap and jackknife weights, and intervals from resamples and from formulas."""
