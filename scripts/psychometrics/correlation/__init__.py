"""One correlation matrix per analysis: Pearson, Spearman, polychoric, polyserial, EM, with standard errors."""
