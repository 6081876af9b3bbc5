"""A scripted server that speaks OpenAI's chat completions."""

from tests.simulators.openai.server import OpenAISimulator

__all__ = ["OpenAISimulator"]
