"""Say what is wrong with a data set, in place of everything that would be made of it."""

from pipeline.data.job import InputError, job


def main(mistake: str) -> None:
    raise InputError(mistake)


if __name__ == "__main__":
    job(main, snakemake)
