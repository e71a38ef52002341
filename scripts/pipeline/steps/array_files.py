"""How random draws are handed from step to step: arrays in pieces."""

from pathlib import Path

import numpy as np


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write arrays as one `.npz` whose bytes depend on nothing but the arrays."""
    partial = path.with_name(f".{path.stem}.partial.npz")
    partial.parent.mkdir(parents=True, exist_ok=True)
    np.savez(partial, allow_pickle=True, **arrays)
    partial.replace(path)


def read_arrays(paths: list[Path]) -> dict[str, np.ndarray]:
    """Read the pieces of a resampling and join them along the draws."""
    pieces = [dict(np.load(path)) for path in paths]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
