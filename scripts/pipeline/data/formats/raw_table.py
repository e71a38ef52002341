"""A raw file as it was read, and how it was read."""

from dataclasses import dataclass, field

import pandas as pd

from pipeline.data.formats.bounds import Limits


@dataclass(frozen=True)
class ReadOptions:
    """What a data set's description says about how to read a file; what is None is found out.

    Attributes
    ----------
    sheet : str or None
        Sheet of a workbook; the first where None.
    header : int
        Row that holds the names of the columns, from 1.
    encoding : str or None
        Encoding of a text file.
    delimiter : str or None
        What separates the fields of a text file.
    decimal : str or None
        Decimal mark of a text file, "." or ",".
    limits : Limits
        The most that is read.
    picked : bool
        Whether columns are picked by `reading.require`, so that others may stand twice.
    """

    sheet: str | None = None
    header: int = 1
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    limits: Limits = field(default_factory=Limits)
    picked: bool = False

    @classmethod
    def of(cls, entry: dict) -> "ReadOptions":
        """Take the options from an entry of dataset.yaml.

        Parameters
        ----------
        entry : dict
            With any of the attributes as keys.

        Returns
        -------
        ReadOptions
            The options that are given there.
        """
        given = {key: entry[key] for key in cls.__dataclass_fields__ if entry.get(key) is not None}
        return cls(**given, picked=True)


@dataclass(frozen=True)
class RawTable:
    """The columns of a file, every value as text or number, missing as missing.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per row of the file; the index is the row's number in the program people open the file with.
    read_as : str
        How it was read: format, delimiter, encoding, sheet, what was skipped.
    labels : dict of str to dict
        Column -> value -> its label, as SPSS, Stata and SAS keep them.
    sheets : list of str
        Sheets of the workbook.
    twice : list of str
        Columns that stand twice and are left out, since nobody knows which is meant.
    """

    frame: pd.DataFrame
    read_as: str
    labels: dict[str, dict[float, str]] = field(default_factory=dict)
    sheets: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
