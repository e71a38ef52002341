"""What a plan assumes: a design, and the values that published or pilot studies found."""

from dataclasses import dataclass

import numpy as np

from psychometrics.not_computable import NotComputable


@dataclass(frozen=True)
class Design:
    """A study.

    Attributes
    ----------
    therapists : int
        Number of therapists, J.
    per_therapist : float
        Clients of each, m.
    sessions : int
        Sessions of each client.
    """

    therapists: int
    per_therapist: float
    sessions: int

    @property
    def clients(self) -> int:
        """Count the clients.

        Returns
        -------
        int
            J m.
        """
        return round(self.therapists * self.per_therapist)


@dataclass(frozen=True)
class Assumptions:
    """Values that are taken as true.

    Attributes
    ----------
    r : float
        Correlation of the alliance of one session with the outcome.
    generalizability : float
        Share of the variance of one session that lies between dyads, G(1).
    therapist_outcome : float
        Share of the variance of the outcome that lies between therapists.
    therapist_alliance : float
        The same of the alliance.
    alpha : float
        Reliability of a scale.
    items : int
        Its number of items.
    r_perspectives : float
        Correlation of the ratings of clients and therapists.
    a4 : float
        Curvature along the line of incongruence, in standard deviations of outcome and ratings.
    lag : float
        Crossed lag within clients, standardized.
    carried : float
        What is carried over from one session to the next within clients.
    stable : float
        Share of the variance of a session that lies between clients, in alliance and symptoms.
    r_within : float
        Correlation of alliance and symptoms of a session within clients.
    false_alarms : float
        Ruptures that a criterion finds in a client where nothing ruptures.
    rupture_ratio : float
        Ruptures found, divided by these.
    overdispersion : float
        Variance of ruptures over clients, divided by their mean.

    Notes
    -----
    Published: r (Flueckiger et al. 2018), generalizability (Crits-Christoph et al. 2011), therapist_outcome (Wampold &
    Brown 2005), r_perspectives (Tryon et al. 2007). All other values are guesses to replace.

    Examples
    --------
    >>> from psychometrics import Assumptions
    >>> Assumptions(r=0.3).generalizability
    0.77
    """

    r: float = 0.28
    generalizability: float = 0.77
    therapist_outcome: float = 0.05
    therapist_alliance: float = 0.08
    alpha: float = 0.90
    items: int = 12
    r_perspectives: float = 0.36
    a4: float = -0.10
    lag: float = 0.10
    carried: float = 0.35
    stable: float = 0.50
    r_within: float = -0.20
    false_alarms: float = 0.50
    rupture_ratio: float = 1.50
    overdispersion: float = 1.50

    def r_of_sessions(self, sessions: int) -> float:
        r"""Correlation of the mean of several sessions with the outcome.

        Parameters
        ----------
        sessions : int
            Number of sessions.

        Returns
        -------
        float
            :math:`r \sqrt{G(m) / G(1)}` with :math:`G(m) = m G / (1 + (m - 1) G)`.

        Raises
        ------
        NotComputable
            A correlation beyond 1.

        Examples
        --------
        >>> round(Assumptions().r_of_sessions(5), 3)
        0.31
        """
        g = self.generalizability
        r = self.r * np.sqrt(sessions / (1 + (sessions - 1) * g))
        if abs(r) >= 1:
            raise NotComputable(f"the mean of {sessions} sessions would correlate {r:.2f} with the outcome")
        return float(r)
