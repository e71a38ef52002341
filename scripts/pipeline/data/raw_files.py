"""The files of one data set, each read once."""

from dataclasses import replace
from pathlib import Path

from pipeline.data.formats.bounds import Limits
from pipeline.data.formats.raw_table import RawTable, ReadOptions
from pipeline.data.job import InputError
from pipeline.data.reading import read_raw


class RawFiles:
    """Reads the files of a data set's folder.

    Parameters
    ----------
    folder : Path
        Of the data set.
    limits : Limits, optional
        The most that is read of a file.
    """

    def __init__(self, folder: Path, limits: Limits | None = None):
        self.folder, self.limits = folder, limits or Limits()
        self._read: dict[tuple[str, ReadOptions], RawTable] = {}

    def read(self, name: str, options: ReadOptions | None = None) -> RawTable:
        """Read a file, or give back what was read before.

        Parameters
        ----------
        name : str
            Of the file, below the folder.
        options : ReadOptions, optional
            What the description says about it.

        Returns
        -------
        RawTable
            The file.

        Raises
        ------
        InputError
            Not readable, or outside the folder.
        """
        options = replace(options or ReadOptions(), limits=self.limits)
        key = (name, options)
        if key not in self._read:
            path = self.folder / name
            if not path.resolve().is_relative_to(self.folder.resolve()):
                raise InputError(
                    f"{name}: the file lies outside the folder of the data set; copy it there, or name the folder of "
                    "its files under `data_root:`."
                )
            self._read[key] = read_raw(path, name, options)
        return self._read[key]

    @property
    def described(self) -> list[dict[str, str | int]]:
        """How each file was read."""
        return [
            {"file": name, "read_as": table.read_as, "rows": len(table.frame)}
            for (name, _), table in self._read.items()
        ]
