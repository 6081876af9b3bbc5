"""Signatures of webhook calls by the Standard Webhooks specification."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from bot.dashboard.problems import Problem

TOLERANCE_SECONDS = 300
PREFIX = "whsec_"


def new_signing_secret(randomness: bytes) -> str:
    """The text that both sides keep, made of 24 random bytes or more."""
    return PREFIX + base64.b64encode(randomness).decode()


def signed(secret: str, message_id: str, at: datetime, data: bytes) -> Mapping[str, str]:
    """The headers that a sender adds."""
    seconds = int(at.timestamp())
    given = {"webhook-id": message_id, "webhook-timestamp": str(seconds)}
    return {**given, "webhook-signature": _signature(secret, message_id, seconds, data)}


def check_signature(secret: str, headers: Mapping[str, str], data: bytes, now: datetime) -> None:
    """Raises Problem: 400 where a header is missing, 401 where the signature or its time is wrong."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    missing = [name for name in names if not headers.get(name)]
    if missing:
        raise Problem(400, f"This webhook takes signed calls only; missing headers: {', '.join(missing)}.")
    seconds = _seconds(headers["webhook-timestamp"])
    if abs(now.timestamp() - seconds) > TOLERANCE_SECONDS:
        raise Problem(
            401, "The webhook-timestamp is more than 5 minutes off. Check the sender's clock; send seconds since 1970."
        )
    expected = _signature(secret, headers["webhook-id"], seconds, data).encode()
    offered = headers["webhook-signature"].split()
    if not any(hmac.compare_digest(expected, signature.encode(errors="replace")) for signature in offered):
        raise Problem(401, "The webhook-signature is not that of this body. Check the signing secret.")


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Problem(400, "The webhook-timestamp must be whole seconds since 1970.")
    return int(text)


def _signature(secret: str, message_id: str, seconds: int, data: bytes) -> str:
    try:
        text = data.decode()
        at = datetime.fromtimestamp(seconds, UTC)
        return str(Webhook(secret).sign(message_id, at, text))
    except UnicodeError as error:
        raise Problem(400, "The headers and the body of a signed call must be UTF-8.") from error
    except (binascii.Error, EmptyWebhookSecretError) as error:
        raise Problem(503, "The signing secret of this webhook is damaged. Its owner must rotate it.") from error
