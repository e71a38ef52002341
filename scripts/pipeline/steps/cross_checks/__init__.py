"""The headline numbers of a data set once more, by packages that are not ours: one module per package."""
