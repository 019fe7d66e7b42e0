"""The errors a user can meet: each says what, which file, both values where two disagree, and what to do next."""

from __future__ import annotations


class DossierError(Exception):
    """Something the user can act upon; its text is shown as it is."""


class UnreadableFileError(DossierError):
    """A file that no reader could turn into text. Its text names the file and what to do."""


class StoreError(DossierError):
    """The store on disk cannot be used as asked: held by another process, too new, full, or not writable."""


class NotFoundError(DossierError):
    """A document that was asked for by its id is not in the store."""
