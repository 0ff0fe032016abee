from typing import Any

HAVE_OPENMP: bool
BLOCK: int

def laws() -> list[str]: ...
def isas() -> dict[str, bool]: ...
def choose_isa(name: str | None = None) -> bool: ...
def isa() -> str: ...
def openmp_max_threads() -> int: ...
def fill(
    out: Any,
    law_code: int,
    key: bytes,
    location: float,
    scale: float,
    box: tuple[int, int, int, tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None,
    n_threads: int,
    streamed: bool,
) -> None: ...
