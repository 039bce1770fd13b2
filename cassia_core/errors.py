"""Every error of the project, in one tree.

Each one carries three sentences: what happened, why, and what to do. Pages and the command line print them as
they stand, so they are written for a biologist, not for us.
"""

from __future__ import annotations


class CassiaError(Exception):
    """Root of all errors that a person may see.

    Parameters
    ----------
    what
        What happened, one short sentence.
    why
        The cause, as far as it is known.
    remedy
        What the person can do about it.
    details
        Technical text, folded away on screens.
    """

    def __init__(self, what: str, why: str = "", remedy: str = "", *, details: str = "") -> None:
        self.what, self.why, self.remedy, self.details = what, why, remedy, details
        super().__init__(" ".join(part for part in (what, why, remedy) if part))

    def __reduce__(self) -> tuple:
        return _rebuild, (type(self), self.what, self.why, self.remedy, self.details)


def _rebuild(kind: type[CassiaError], what: str, why: str, remedy: str, details: str) -> CassiaError:
    return kind(what, why, remedy, details=details)


class InputError(CassiaError):
    """The file or table given cannot be used as it is."""


class MarkerFormatError(InputError):
    """A marker table whose shape or columns are not understood."""


class AnnDataError(InputError):
    """A cell file that cannot be opened, or not used for the step asked for."""


class GeneIdError(InputError):
    """Gene names that cannot be turned into symbols."""


class ConfigError(CassiaError):
    """A setting that is missing, out of range or contradicts another."""


class MissingKeyError(ConfigError):
    """The chosen provider needs a key and none was given."""


class ProviderError(CassiaError):
    """A model server did not answer as it should."""

    retryable = False
    fatal = False
    """True when no further call of this run can succeed (bad key, no credit)."""


class AuthError(ProviderError):
    """The key was refused."""

    fatal = True


class QuotaError(ProviderError):
    """The account has no credit left."""

    fatal = True


class ModelUnavailable(ProviderError):
    """The provider does not have the model, or not for this key."""

    fatal = True


class RateLimited(ProviderError):
    """Too many requests; `retry_after_s` is the server's own wish, where it gave one."""

    retryable = True
    retry_after_s: float | None = None


class ProviderTimeout(ProviderError):
    """No answer within the time allowed, or the connection broke."""

    retryable = True


class Overloaded(ProviderError):
    """The server failed on its side (5xx)."""

    retryable = True
    retry_after_s: float | None = None


class ContextTooLong(ProviderError):
    """The request does not fit into the model's context."""


class ReplyFiltered(ProviderError):
    """The provider withheld the answer."""


class ReplyError(CassiaError):
    """A reply that cannot be read; carries the raw text."""

    UNREADABLE = "A reply could not be read."

    def __init__(
        self,
        what: str,
        why: str = "",
        remedy: str = "",
        *,
        details: str = "",
        raw: str = "",
        agent: str = "",
        attempt: int = 0,
    ) -> None:
        super().__init__(what, why, remedy, details=details)
        self.raw, self.agent, self.attempt = raw, agent, attempt


class BudgetExceeded(CassiaError):
    """The next call could exceed the limit that was set."""

    WHAT = "The limit you set for this run is reached."


class RunError(CassiaError):
    """Something about a run directory."""


class RunLocked(RunError):
    """Another worker is filling this run."""


class RunNotFound(RunError):
    """There is no run of that name."""


class RunCancelled(RunError):
    """The run was cancelled by a person."""
