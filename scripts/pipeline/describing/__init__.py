"""From a raw file to a description of a data set: what the dialog of `make dataset` does."""
