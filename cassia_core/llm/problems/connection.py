"""Why no server was reached, told by the chain of causes behind a vendor's "connection error"."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from cassia_core.errors import ProviderError, ProviderTimeout, WrongAddress
from cassia_core.llm.near import host_of, is_this_computer
from cassia_core.llm.problems.in_words import Asked
from cassia_core.llm.problems.server_words import first_line

BEFORE_ANY_WORD = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError)


def not_reached(asked: Asked, error: BaseException) -> ProviderError:
    """The error for a connection that was not made, or broke."""
    chain = tuple(_chain(error))
    problem = _cause(asked, chain)
    problem.said = first_line(str(chain[-1]))
    problem.details = "\n".join(f"{type(e).__name__}: {e}" for e in chain)
    return problem


def _cause(asked: Asked, chain: tuple[BaseException, ...]) -> ProviderError:
    if any(isinstance(e, ssl.SSLCertVerificationError) for e in chain):
        return _certificate(asked, chain)
    if any(isinstance(e, ssl.SSLError) and "WRONG_VERSION" in str(e).upper() for e in chain):
        return WrongAddress(
            f"The server at {asked.base_url} does not speak the encrypted protocol.",
            "The address begins with https://.",
            "Write http:// instead, if the server is yours; else check the port.",
        )
    proxy = _proxy_of(asked.base_url)
    if proxy and any(isinstance(e, BEFORE_ANY_WORD) for e in chain):
        return WrongAddress(
            f"The proxy {proxy} was not reached, or refused to connect.",
            f"The environment (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) says to ask {asked.title} through it.",
            "Correct or unset the proxy, or set NO_PROXY for this server, and start the program again.",
        )
    host = host_of(asked.base_url)
    if host and any(isinstance(e, socket.gaierror) for e in chain):
        return ProviderTimeout(
            f"No computer called {host} was found.",
            "The name is misspelled, or there is no network.",
            "Check the address and the network.",
        )
    if asked.elsewhere:
        return ProviderTimeout(
            f"No server was reached at {asked.base_url}.",
            "It is not running, or the address is wrong."
            if any(isinstance(e, BEFORE_ANY_WORD) for e in chain) or len(chain) < 2
            else "It is not running, or it broke the connection.",
            "Start the server and check the address.",
        )
    return ProviderTimeout(
        f"{asked.title} was not reached.", "The connection broke or there is none.", "Check the network."
    )


def _certificate(asked: Asked, chain: tuple[BaseException, ...]) -> WrongAddress:
    reason = next(e for e in chain if isinstance(e, ssl.SSLCertVerificationError)).verify_message
    return WrongAddress(
        f"The certificate of {asked.title} at {urlsplit(asked.base_url).netloc} is not trusted ({reason}).",
        "The server made its certificate itself, it is out of date, or a filter of the network opens "
        "encrypted connections.",
        "Have the certificate of its issuer trusted (the file that SSL_CERT_FILE names), or ask whoever runs "
        "the network. Nothing was sent.",
    )


def _proxy_of(base_url: str) -> str:
    """Host of the proxy that the environment sets for an address, without its log-in; "" when none."""
    host = host_of(base_url)
    if not host or is_this_computer(base_url) or proxy_bypass(host):
        return ""
    proxies = getproxies()
    proxy = proxies.get(urlsplit(base_url).scheme) or proxies.get("all") or ""
    return urlsplit(proxy if "://" in proxy else f"//{proxy}").netloc.rpartition("@")[2]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
