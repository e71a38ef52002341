"""Questions, in a terminal or answered by options."""

import sys

from pipeline.data.job import InputError


class Dialog:
    """Asks in a terminal; elsewhere takes suggestions, or stops and names the option that decides.

    Parameters
    ----------
    terminal : bool
        Whether somebody can answer.
    yes : bool
        Whether every suggestion is taken.
    """

    def __init__(self, terminal: bool, yes: bool):
        self.terminal, self.yes, self.asked = terminal, yes, 0

    def choose(self, question: str, options: list[str], option: str, suggestion: str = "", safe: bool = False) -> str:
        """One of several answers; `safe`: the suggestion is taken where nobody can be asked."""
        if self.terminal and not self.yes:
            self.asked += 1
            for number, each in enumerate(options, start=1):
                print(f"  {number}  {each}")
            while True:
                said = input(f"{question}" + (f" [{suggestion}]" if suggestion else "") + ": ").strip() or suggestion
                if said.isdigit() and said not in options and 1 <= int(said) <= len(options):
                    said = options[int(said) - 1]
                if said in options:
                    return said
                print(f"  please answer with one of {', '.join(options)}, or its number")
        return self._without(question, option, suggestion, safe)

    def write(self, question: str, option: str, suggestion: str = "", safe: bool = False) -> str:
        """A text."""
        if self.terminal and not self.yes:
            self.asked += 1
            return input(f"{question}" + (f" [{suggestion}]" if suggestion else "") + ": ").strip() or suggestion
        return self._without(question, option, suggestion, safe)

    def _without(self, question: str, option: str, suggestion: str, safe: bool) -> str:
        if (self.yes and suggestion) or safe:
            print(f"{question}: {suggestion or 'none'} (suggested; {option} decides)")
            return suggestion
        hint = f"; {suggestion} is suggested, which --yes takes" if suggestion else ""
        raise InputError(f"{question}: say {option}{hint}.")


def heading(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text
