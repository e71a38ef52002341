"""The convex hull of points in the plane, outside of which a fitted surface is a guess."""

import numpy as np

DIRECTIONS = 16  # in which the farthest points are found first
MANY = 100  # points from which that is worth it


def convex_hull(points: np.ndarray) -> np.ndarray:
    """Find the corners of the smallest convex area that holds all points.

    Parameters
    ----------
    points : numpy.ndarray of shape (n, 2)
        Points without missing values.

    Returns
    -------
    numpy.ndarray of shape (m, 2)
        Corners, counterclockwise from the one farthest left; fewer than three where the points lie on a line.

    Notes
    -----
    Andrew (1979), Inf. Process. Lett. 9, 216-219. Agrees with grDevices::chull.

    Examples
    --------
    >>> convex_hull(np.array([[0, 0], [2, 0], [1, 1], [2, 2], [0, 2]])).tolist()
    [[0, 0], [2, 0], [2, 2], [0, 2]]
    """
    points = np.unique(points, axis=0)
    if len(points) < 3:
        return points
    if len(points) > MANY:
        # what lies inside the area of the farthest points is no corner (Akl & Toussaint, 1978)
        angle = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
        far = points[np.argmax(points @ np.array([np.cos(angle), np.sin(angle)]), axis=0)]
        points = points[~_within(convex_hull(far), points, np.abs(points).max() * 1e-9)]
    lower, upper = _chain(points), _chain(points[::-1])
    return np.array(lower[:-1] + upper[:-1])


def _chain(points: np.ndarray) -> list[np.ndarray]:
    """The corners on one side, from the first point to the last."""
    found: list[np.ndarray] = []
    for point in points:
        while len(found) > 1 and _turn(found[-2], found[-1], point) <= 0:
            found.pop()
        found.append(point)
    return found


def _turn(first: np.ndarray, second: np.ndarray, third: np.ndarray) -> float:
    """Positive where the way over three points turns left."""
    one, two = second - first, third - first
    return float(one[0] * two[1] - one[1] * two[0])


def inside_hull(hull: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Tell which points lie inside a convex hull or on its edge.

    Parameters
    ----------
    hull : numpy.ndarray of shape (m, 2)
        Corners, counterclockwise.
    points : numpy.ndarray of shape (n, 2)
        Points.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        True inside; nowhere where the hull is a line.

    Examples
    --------
    >>> hull = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    >>> inside_hull(hull, np.array([[1.0, 1.0], [3.0, 1.0], [2.0, 1.0]])).tolist()
    [True, False, True]
    """
    return _within(hull, points, -1e-9 * np.abs(hull).max(initial=0.0))


def _within(hull: np.ndarray, points: np.ndarray, least: float) -> np.ndarray:
    """Whether points lie to the left of every edge, by at least so much."""
    inside = np.full(len(points), len(hull) > 2)
    for corner, after in zip(hull, np.roll(hull, -1, axis=0), strict=True):
        along, away = after - corner, points - corner
        inside &= along[0] * away[:, 1] - along[1] * away[:, 0] >= least
    return inside
