"""Agreement of two ratings of the same people from their means, variances and covariance, in many resamples at once."""

from typing import NamedTuple

import numpy as np

from psychometrics.resampling.weights import ClusterWeights


class TwoRatings(NamedTuple):
    """Moments of two ratings in m resamples.

    Attributes
    ----------
    n : numpy.ndarray of shape (m,)
        People, each as often as they were drawn.
    mean : numpy.ndarray of shape (m, 2)
        Mean of each rating.
    variance : numpy.ndarray of shape (m, 2)
        Variance of each rating, with divisor n - 1.
    covariance : numpy.ndarray of shape (m,)
        Covariance, with divisor n - 1.
    """

    n: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, weights: np.ndarray | ClusterWeights) -> "TwoRatings":
        """Compute the moments of two ratings under many weightings of the people.

        Parameters
        ----------
        values : numpy.ndarray of shape (n, 2)
            Both ratings of each person; with a mean near 0, so that no digits are lost.
        weights : numpy.ndarray or ClusterWeights, (m, n)
            How often each person counts.

        Returns
        -------
        TwoRatings
            The moments.

        Examples
        --------
        >>> TwoRatings.of(np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]]), np.ones((1, 3))).covariance.tolist()
        [1.0]
        """
        n = weights.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):  # a resample may hold nobody, or one person
            mean = weights @ values / n[:, None]
            variance = (weights @ values**2 - n[:, None] * mean**2) / (n - 1)[:, None]
            covariance = (weights @ values.prod(axis=1) - n * mean.prod(axis=1)) / (n - 1)
        return cls(n, mean, variance, covariance)

    @property
    def difference(self) -> np.ndarray:
        """Compute the first mean minus the second.

        Returns
        -------
        numpy.ndarray of shape (m,)
            Differences.
        """
        return self.mean[:, 0] - self.mean[:, 1]

    @property
    def sd_of_differences(self) -> np.ndarray:
        """Compute the standard deviation of the differences of both ratings of a person.

        Returns
        -------
        numpy.ndarray of shape (m,)
            Standard deviations.
        """
        return np.sqrt(np.maximum(self.variance.sum(axis=1) - 2 * self.covariance, 0.0))

    def correlation(self) -> np.ndarray:
        """Compute Pearson's correlation.

        Returns
        -------
        numpy.ndarray of shape (m,)
            Correlations, missing where a rating does not vary.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.covariance / np.sqrt(self.variance.prod(axis=1))

    def icc_a1(self) -> np.ndarray:
        r"""Compute the intraclass correlation for absolute agreement of one rating.

        .. math:: ICC(A,1) = \frac{MS_R - MS_E}{MS_R + MS_E + \frac{2}{n}(MS_C - MS_E)}

        Returns
        -------
        numpy.ndarray of shape (m,)
            Coefficients.

        Notes
        -----
        McGraw & Wong (1996), Psychol. Methods 1, 30-46, case 2A with two raters. Agrees with psych::ICC
        (Single_random_raters).
        """
        between_raters = self.n * self.difference**2 / 2
        rows, error = self._mean_squares()
        with np.errstate(divide="ignore", invalid="ignore"):
            return (rows - error) / (rows + error + 2 * (between_raters - error) / self.n)

    def icc_c1(self) -> np.ndarray:
        r"""Compute the intraclass correlation for consistency of one rating.

        .. math:: ICC(C,1) = \frac{MS_R - MS_E}{MS_R + MS_E} = \frac{2 s_{12}}{s_1^2 + s_2^2}

        Returns
        -------
        numpy.ndarray of shape (m,)
            Coefficients.

        Notes
        -----
        McGraw & Wong (1996), case 3 with two raters. Agrees with psych::ICC (Single_fixed_raters).
        """
        rows, error = self._mean_squares()
        with np.errstate(divide="ignore", invalid="ignore"):
            return (rows - error) / (rows + error)

    def concordance(self) -> np.ndarray:
        r"""Compute Lin's coefficient of concordance.

        .. math:: \rho_c = \frac{2 s_{12}}{s_1^2 + s_2^2 + (\bar x_1 - \bar x_2)^2}

        Returns
        -------
        numpy.ndarray of shape (m,)
            Coefficients.

        Notes
        -----
        Lin (1989), Biometrics 45, 255-268, with variances of divisor n. With two ratings ICC(A,1) is nearly the same:
        it takes the error of the means out of their squared difference.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (self.n - 1) / self.n
            return 2 * share * self.covariance / (share * self.variance.sum(axis=1) + self.difference**2)

    def _mean_squares(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean squares of people and of the residual."""
        variance = self.variance.mean(axis=1)
        return variance + self.covariance, variance - self.covariance
