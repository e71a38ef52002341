"""How the section on outcome names forms and outcomes."""

from typing import Any

from pipeline.report.results import Results


class Names:
    """How forms and outcomes are named.

    Parameters
    ----------
    results : Results
        The results of the data set.
    """

    def __init__(self, results: Results) -> None:
        self.labels, self.variables = results.labels, results.variables

    def form(self, keys: dict[str, Any]) -> str:
        """`WAI-S (client)`."""
        return f"{self.labels[keys['form']]} ({keys['perspective']})"

    def outcome(self, keys: dict[str, Any]) -> str:
        """Label of the outcome."""
        return self.variables.get(keys["outcome"], keys["outcome"])
