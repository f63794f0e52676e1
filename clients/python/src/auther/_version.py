"""The version of this package, told to the service in `User-Agent`."""

__version__ = "0.1.0"
