"""The version, stated once for the package and read from here by the build."""

__version__ = "1.0.0"
