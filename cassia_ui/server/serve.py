"""`python -m cassia_ui.server.serve`: Streamlit's server with sign-in cookies, headers and a health address.

Started by `cassia app` in shared mode; personal mode starts Streamlit as ever.
"""

from __future__ import annotations

import argparse
import logging
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.starlette import App

from cassia_core import settings
from cassia_core.services.runs import queueing
from cassia_core.services.sharing import keeping, operating, sessions
from cassia_core.services.sharing.limits import limits
from cassia_ui.sharing.sign_in_page import FORGET, KEEP

logger = logging.getLogger(__name__)

MOST_BODY = 200
TIDY_EVERY_S = 3600.0
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "content-security-policy": "frame-ancestors 'none'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'",
    "cross-origin-opener-policy": "same-origin",
}
"""No `script-src`: Streamlit's own page runs scripts that such a rule would stop."""


class SafeHeaders:
    """Adds our headers to every answer, Streamlit's included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers added to the beginning of an answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in there),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)


async def keep(request: Request) -> Response:
    """Change a ticket for the cookie; the token itself is never seen by a script."""
    body = (await request.body())[:MOST_BODY].decode(errors="replace")
    token = sessions.token_for(body)
    if token is None:
        return Response(status_code=403)
    answer = Response(status_code=204)
    answer.set_cookie(
        sessions.COOKIE,
        token,
        max_age=int(sessions.LASTS_S),
        httponly=True,
        secure=_is_encrypted(request),
        samesite="strict",
    )
    return answer


async def forget(_: Request) -> Response:
    """Take the cookie away."""
    answer = Response(status_code=204)
    answer.delete_cookie(sessions.COOKIE, httponly=True, samesite="strict")
    return answer


async def health(_: Request) -> Response:
    """Whether the server answers; for a proxy or a watchdog. Says nothing about anybody."""
    return JSONResponse({"status": "ok"})


@asynccontextmanager
async def _while_serving(_: App) -> AsyncIterator[dict]:
    """Take up what a restart has cut off, and look after old runs once an hour."""
    threading.Thread(target=_look_after, daemon=True).start()
    yield {}


def _look_after() -> None:
    taken = queueing.take_up_again()
    logger.info("%d runs were taken up again", len(taken))
    while True:
        try:
            keeping.tidy_everybody()
        except Exception:  # the server goes on, and its operator reads why
            logger.exception("Old runs could not be looked after")
        time.sleep(TIDY_EVERY_S)


def _is_encrypted(request: Request) -> bool:
    """Whether the browser came by https, also through a proxy that says so."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))


def make_app() -> App:
    """The app with our addresses and headers."""
    logging.getLogger().addHandler(operating.FaultKeeper())
    return App(
        settings.app_folder() / "app.py",
        routes=[
            Route(KEEP, keep, methods=["POST"]),
            Route(FORGET, forget, methods=["POST"]),
            Route("/health", health),
        ],
        middleware=[Middleware(SafeHeaders)],
        lifespan=_while_serving,
    )


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", default="localhost")
    options = parser.parse_args()
    make_app().run(
        config={
            "server.port": options.port,
            "server.address": options.address,
            "server.headless": True,
            "server.maxUploadSize": max(1, int(limits().upload_mb)),
            "server.enableXsrfProtection": True,
            "browser.gatherUsageStats": False,
        }
    )


if __name__ == "__main__":
    main()
