"""Deskhand: answers support questions by running configured actions."""

__version__ = "0.1.0"
