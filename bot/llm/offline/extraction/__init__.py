"""Finds the values of parameters in what people wrote; what is not there stays unset."""

from bot.llm.offline.extraction.extract import extract

__all__ = ["extract"]
