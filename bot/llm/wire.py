"""Turns the errors of the openai package into ours, at the wall."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import openai

from bot.errors import ModelMisconfigured, ModelRefused, ModelUnavailable


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
