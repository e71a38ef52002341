"""Several scripts for one rule, one after the other in one process: starting Python costs more than most of them.

`params.steps` names the scripts as modules. What one writes the next may read: outputs and inputs go by name.
"""

from importlib import import_module

from pipeline.data.job import jobs

if __name__ == "__main__":
    jobs((import_module(step).main for step in snakemake.params.steps), snakemake)
