"""What nearly every job reads first, read once for all: see `pipeline.data.job_starts`."""

import gc

import pipeline.data.dataset
import pipeline.data.job
import pipeline.data.runs  # noqa: F401

gc.freeze()  # a copy need not look through what it did not make
