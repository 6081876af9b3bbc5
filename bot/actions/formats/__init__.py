"""Action definitions as text: read with care, written back in the form that they came in."""

from bot.actions.formats.reading import read_mapping
from bot.actions.formats.writing import export_action

__all__ = ["export_action", "read_mapping"]
