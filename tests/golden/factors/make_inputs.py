"""Make the inputs that the other golden data do not cover: a nearly singular matrix, and loadings of many items.

Run from the project's root: PYTHONPATH=scripts python tests/golden/factors/make_inputs.py <correlations.csv>, the
polychoric correlations of the shipped example (results/example/factors/correlations.csv of a run of the pipeline).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from psychometrics.factors.extraction import extract_factors

HERE = Path(__file__).parent


def near_singular() -> pd.DataFrame:
    """The answers of likert5 with the mean of four of them as a thirteenth item."""
    answers = pd.read_csv(HERE.parent / "data" / "likert5.csv").astype(float)
    rng = np.random.default_rng(7)
    answers["i13"] = answers.iloc[:, :4].mean(axis=1) + rng.normal(scale=0.05, size=len(answers))
    return answers.corr()


def many_items() -> pd.DataFrame:
    """200 items of 5 factors with small cross-loadings, turned at random."""
    rng = np.random.default_rng(200)
    loadings = rng.normal(scale=0.08, size=(200, 5))
    loadings[np.arange(200), np.arange(200) // 40] += rng.uniform(0.4, 0.8, size=200)
    turn = np.linalg.cholesky(0.3 + 0.7 * np.eye(5)) @ np.linalg.qr(rng.normal(size=(5, 5)))[0]
    return pd.DataFrame(loadings @ turn, index=[f"i{i + 1:03d}" for i in range(200)])


def main(correlations: str) -> None:
    near_singular().round(10).to_csv(HERE / "near_singular.csv", index_label="item")
    many_items().round(6).to_csv(HERE / "items200_loadings.csv", index_label="item")
    matrix = pd.read_csv(correlations, index_col="item")
    loadings = pd.DataFrame(extract_factors(matrix.to_numpy(), 5).loadings, index=matrix.index)
    loadings.round(6).to_csv(HERE / "example_loadings.csv", index_label="item")


if __name__ == "__main__":
    main(sys.argv[1])
