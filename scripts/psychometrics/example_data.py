"""A small simulated data set for examples."""

from importlib.resources import files

import pandas as pd


def example_answers() -> pd.DataFrame:
    """Return simulated answers of 200 clients to items of two alliance questionnaires.

    Returns
    -------
    pandas.DataFrame
        One row per client: ``client`` and ``therapist`` (numbers), ``wai_01`` to ``wai_12`` (1 to 7) and ``haq_01`` to
        ``haq_08`` (1 to 6), reverse-keyed items already turned and missing answers missing; ``wai_therapist``, the
        therapist's mean answer (1 to 7); ``outcome``, higher is better. The items of the WAI's scales are 1, 2, 8, 12
        (task), 3, 5, 7, 9 (bond) and 4, 6, 10, 11 (goal).

    Notes
    -----
    Nobody answered a questionnaire: the answers are drawn from a model with five correlated factors.

    Examples
    --------
    >>> from psychometrics import example_answers
    >>> answers = example_answers()
    >>> answers.shape
    (200, 24)
    >>> answers.filter(like="wai_0").mean().round(2).head(3)
    wai_01    5.97
    wai_02    5.64
    wai_03    5.93
    dtype: float64
    """
    with (files("psychometrics") / "example_answers.csv").open() as lines:
        return pd.read_csv(lines)
