"""The files of one data set, each read once."""

from pathlib import Path

from pipeline.data.formats.raw_table import RawTable, ReadOptions
from pipeline.data.job import InputError
from pipeline.data.reading import read_raw


class RawFiles:
    """Reads the files of a data set's folder.

    Parameters
    ----------
    folder : Path
        Of the data set.
    """

    def __init__(self, folder: Path):
        self.folder = folder
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
        options = options or ReadOptions()
        key = (name, options)
        if key not in self._read:
            path = self.folder / name
            if not path.resolve().is_relative_to(self.folder.resolve()):
                raise InputError(f"{name}: the file lies outside the folder of the data set; copy it there.")
            self._read[key] = read_raw(path, name, options)
        return self._read[key]

    @property
    def described(self) -> list[dict[str, str | int]]:
        """How each file was read."""
        return [
            {"file": name, "read_as": table.read_as, "rows": len(table.frame)}
            for (name, _), table in self._read.items()
        ]
