"""Which interpreter of the process this is."""

from __future__ import annotations


def check_main() -> None:
    """Refuse a sub-interpreter, before anything is loaded that may end the process there, as NumPy says of itself."""
    try:
        import _interpreters as interpreters  # Python 3.13
    except ImportError:
        try:
            import _xxsubinterpreters as interpreters
        except ImportError:  # a Python without them
            return
    if _number(interpreters.get_current()) != _number(interpreters.get_main()):
        raise ImportError(
            "fastinit: interpreter: expected the main interpreter, got a sub-interpreter, which NumPy does not "
            "support; use processes instead (under mod_wsgi: WSGIApplicationGroup %{GLOBAL})"
        )


def _number(interpreter: object) -> int:
    """Python 3.13 tells who owns it beside its number."""
    return int(interpreter[0] if isinstance(interpreter, tuple) else interpreter)
