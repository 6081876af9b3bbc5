"""The wall to the openai package: its errors become ours, and a passing fault is tried once more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx2
import openai
import stamina

from bot.errors import ModelMisconfigured, ModelRefused, ModelUnavailable

T = TypeVar("T")

LONGEST_PAUSE = 4.0
"""Seconds that a server may ask us to wait before the second try; people are better served by rules than later."""


async def repeated(ask: Callable[[], Awaitable[T]]) -> T:
    """``ask``, once more after a fault that may pass. A time-out is not repeated: the asker waited long enough."""
    async for attempt in stamina.retry_context(on=_pause, attempts=2, wait_initial=0.2, wait_jitter=0.2):
        with attempt:
            return await ask()
    raise AssertionError("stamina gives a result or raises")


def _pause(error: Exception) -> bool | float:
    """Whether to try again, and after how many seconds where the server says it (RFC 9110, 10.2.3)."""
    if isinstance(error, openai.APITimeoutError):
        return False
    if isinstance(error, openai.APIConnectionError):
        return True
    if not isinstance(error, openai.APIStatusError) or not _may_pass(error.status_code):
        return False
    try:
        asked = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return True
    return max(asked, 0.0) if asked <= LONGEST_PAUSE else False


def _may_pass(status: int) -> bool:
    return status in (408, 409, 429) or status >= 500


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Raises ModelError subclasses whose texts hold no key and no answer body."""
    try:
        yield
    except openai.APITimeoutError as error:
        raise ModelUnavailable("the language model took too long") from error
    except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
        raise ModelMisconfigured("the language model refused our key; check OPENAI_API_KEY") from error
    except openai.NotFoundError as error:
        raise ModelMisconfigured(
            "the model or the address is not known; check OPENAI_MODEL and OPENAI_BASE_URL"
        ) from error
    except openai.RateLimitError as error:
        raise ModelUnavailable("the language model is over its rate limit") from error
    except openai.ContentFilterFinishReasonError as error:
        raise ModelRefused("its content filter stopped the answer") from error
    except openai.APIStatusError as error:
        raise ModelUnavailable(f"the language model answered {error.status_code}") from error
    except openai.APIConnectionError as error:
        raise ModelUnavailable("the language model could not be reached") from error
    except (openai.APIError, httpx2.HTTPError, ValueError) as error:
        raise ModelUnavailable("the language model sent an answer that cannot be read") from error
