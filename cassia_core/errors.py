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
        return _rebuild, (type(self), self.what, self.why, self.remedy, self.details), self.__dict__


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
    """A model server did not answer as it should.

    `said` is the first line of what the server itself said, without keys; "" when it said nothing.
    """

    retryable = False
    fatal = False
    """True when no further call of this run can succeed (bad key, no credit)."""
    said: str = ""


class AuthError(ProviderError):
    """The key was refused."""

    fatal = True


class QuotaError(ProviderError):
    """The account has no credit left, or its allowance is used up for longer than a run can wait."""

    fatal = True


class AccessDenied(ProviderError):
    """The key is good, but the provider does not serve this country, account or data policy."""

    fatal = True


class ModelUnavailable(ProviderError):
    """The provider does not have the model, or not for this key."""

    fatal = True


class WrongAddress(ProviderError):
    """What answers at the address is no model server that can be asked: another path, a log-in page, a web
    filter, a proxy, or a server whose certificate is not trusted.
    """

    fatal = True


class RateLimited(ProviderError):
    """Too many requests; `retry_after_s` is the server's own wish, where it gave one.

    `allowance` says that an allowance for a longer time (a day, say) is used up, however short the wish to
    wait may be.
    """

    retryable = True
    retry_after_s: float | None = None
    allowance: bool = False


class ProviderTimeout(ProviderError):
    """No word within the time allowed, or the connection broke."""

    retryable = True
    overdue: bool = False
    """True when it was the time that ran out, so that a queue at the server may be the cause."""


class Overloaded(ProviderError):
    """The server failed on its side (5xx)."""

    retryable = True
    retry_after_s: float | None = None


class NotUnderstood(Overloaded):
    """An answer that is not that of a model server of this kind."""


class ContextTooLong(ProviderError):
    """The request does not fit into the model's context, or was cut to fit."""


class ReplyFiltered(ProviderError):
    """The provider withheld the answer, or refused the question for what it says."""


class ReplyError(CassiaError):
    """A reply that cannot be read; carries the raw text."""

    UNREADABLE = "A reply could not be read."
    NO_TYPE = "The reply names no cell type."
    """It keeps the form, but holds no name, a sentence or the form's own example where a type belongs."""

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


class NotSignedIn(CassiaError):
    """Several people use the server, and nobody says who asks."""


class NotYours(CassiaError):
    """What was asked for belongs to somebody else."""


class LimitReached(CassiaError):
    """A limit of the server, or of one person on it, is reached."""


class RunError(CassiaError):
    """Something about a run directory."""


class RunLocked(RunError):
    """Another worker is filling this run."""


class RunNotFound(RunError):
    """There is no run of that name."""


class ReadOnlyRun(RunError):
    """A run that one may read and not change: somebody else's, opened by a link."""


class RunCancelled(RunError):
    """The run was cancelled by a person."""
