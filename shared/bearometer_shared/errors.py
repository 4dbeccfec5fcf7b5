"""Failures that we expect, by type: a user's mistake is one clear line, never a traceback."""


class BearometerError(Exception):
    """Base of every expected failure; its text is fit to show to a person."""


class UserError(BearometerError):
    """The caller's mistake. Commands print it as one line and exit with 2; the API answers 4xx."""


class ArtifactError(BearometerError):
    """A model artifact that is missing, incomplete, tampered with or not loadable."""


class DecodeError(BearometerError):
    """A record that cannot be read as news. The scorer sends it to the dead letters with this reason."""


class FencedError(BearometerError):
    """Another owner moved the partition's offset first; this transaction was rolled back."""


class CancelledError(BearometerError):
    """A person ended the run; what it would have written was not stored."""
