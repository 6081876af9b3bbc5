"""Checks credentials the ways that vendors do."""

from __future__ import annotations

import base64
import binascii

from aiohttp import web


def bearer(request: web.Request, key: str, scheme: str = "Bearer") -> bool:
    """``Authorization: <scheme> <key>``."""
    return request.headers.get("Authorization", "") == f"{scheme} {key}"


def basic(request: web.Request) -> tuple[str, str]:
    """User and password of HTTP basic authentication; empty texts where there is none."""
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
