"""Sessions of clients of therapists, rated by both roles, some missing; and the model written out in dense matrices."""

import numpy as np
import pandas as pd
import pytest

from psychometrics import Block, Residual

ROLES = Residual(by="role", within=["client", "session"], correlated=True)
SERIES = Residual(by="role", within="client", time="session")
BOTH = Residual(by="role", within="client", time="session", correlated=True)
# nested with full covariances; crossed; independent; residuals by role, between roles, over time, both; no blocks
MODELS = {
    "nested": ([Block("therapist", ["role"]), Block("client", ["1", "session"])], None),
    "three_levels": ([Block("therapist"), Block("client", ["1", "role"]), Block(["client", "session"])], None),
    "crossed": ([Block("client", ["1", "session"]), Block("rater"), Block("therapist")], None),
    "by_role": ([Block("therapist", ["role"], False), Block("client", ["role"])], Residual(by="role")),
    "between_roles": ([Block("therapist", ["role"]), Block("client", ["role"])], ROLES),
    "over_time": ([Block("therapist", ["role"]), Block("client")], SERIES),
    "both": ([Block("therapist", ["role"]), Block("client")], BOTH),
    "crossed_over_time": ([Block("therapist", ["role"]), Block("client"), Block("rater")], BOTH),
    "no_blocks": ([], BOTH),
}


@pytest.fixture(scope="session")
def study():
    rng = np.random.default_rng(3)
    rows = [
        (therapist, f"{therapist}_{client}", session, role, int(rng.integers(0, 4)))
        for therapist in range(6)
        for client in range(2 + therapist % 3)
        for session in (1, 2, 4, 7)
        for role in ("client", "therapist")
        if rng.random() < 0.85
    ]
    frame = pd.DataFrame(rows, columns=["therapist", "client", "session", "role", "rater"])
    by_client = frame.groupby("client").ngroup()
    noise = rng.normal(size=6)[frame["therapist"]] + rng.normal(size=by_client.max() + 1)[by_client]
    return frame.assign(y=noise + 0.1 * frame["session"] + rng.normal(size=len(frame)))


@pytest.fixture(scope="session")
def covariance_of():
    """The covariance matrix of all rows in the order of a layout, from covariances as `covariances_of` gives them."""

    def dense(layout, found, which=0):
        frame = layout.frame
        if layout.residual is None:
            matrix = found.residual[which, 0, 0] * np.eye(layout.n)
        else:
            asked = layout.asked[3]
            role = frame.groupby(asked.by).ngroup().to_numpy() if asked.by else np.zeros(layout.n, dtype=int)
            matrix = found.residual[which][np.ix_(role, role)]
            same = np.eye(layout.n, dtype=bool)
            if asked.within:
                group = frame.groupby(asked.columns).ngroup().to_numpy()
                same = group[:, None] == group
            if not asked.correlated:
                same &= role[:, None] == role
            matrix = matrix * same
            if asked.time:
                time = frame[asked.time].to_numpy(float)
                matrix = matrix * found.serial[which] ** np.abs(time[:, None] - time)
        for block in layout.blocks:
            values = block.scaled * block.scale
            same = block.codes[:, None] == block.codes
            matrix = matrix + same * (values @ found.blocks[block.block.name][which] @ values.T)
        return matrix

    return dense


@pytest.fixture(scope="session")
def one_with_many():
    """Five clients each of 12 therapists, both roles once: a balanced design."""
    rng = np.random.default_rng(8)
    between = rng.normal(size=(12, 2)) @ np.linalg.cholesky([[0.5, 0.2], [0.2, 0.8]]).T
    within = rng.normal(size=(60, 2)) @ np.linalg.cholesky([[0.6, 0.1], [0.1, 0.4]]).T
    ratings = 4 + np.repeat(between, 5, axis=0) + within
    ids = {"therapist": np.repeat(np.arange(12), 5), "client": np.arange(60)}
    parts = [pd.DataFrame({**ids, "role": role, "rating": ratings[:, i]}) for i, role in enumerate(("c", "t"))]
    return ratings, pd.concat(parts)
