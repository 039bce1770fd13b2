"""Which servers stand on this computer or in this network: they answer few questions at a time, slowly."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

HERE = ("localhost", "host.docker.internal")
NEAR_ENDINGS = (".local", ".lan", ".internal", ".home", ".localhost")
FIRST_WORD_S, NEAR_FIRST_WORD_S = 300.0, 3600.0
"""Seconds for the first word: hosted models may think for minutes without a sign, and at a server of one's
own the question may wait behind others.
"""
SILENCE_S, NEAR_SILENCE_S = 120.0, 600.0
NEAR_AT_ONCE = 2
"""Questions at a time that a server of one's own gets at first: one to answer, one to wait."""


def is_this_computer(base_url: str) -> bool:
    """Whether an address is this computer's own."""
    host = host_of(base_url)
    if host in HERE or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_near(base_url: str) -> bool:
    """Whether a server is on this computer or in a private network."""
    host = host_of(base_url)
    if not host:
        return False
    if is_this_computer(base_url) or host.endswith(NEAR_ENDINGS) or ("." not in host and ":" not in host):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_private or address.is_link_local


def host_of(base_url: str) -> str:
    """The name of the computer in an address, in lower case; "" in what is no address."""
    try:
        return (urlsplit(base_url).hostname or "").lower()
    except ValueError:
        return ""
