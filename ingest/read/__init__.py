"""Readers: one module a format, each turning bytes into `ParsedDocument`s. A child process with limits runs them."""

from ingest.read.limits import DEFAULT_LIMITS, Limits
from ingest.read.process import ReadingProcess

__all__ = ["DEFAULT_LIMITS", "Limits", "ReadingProcess"]
