"""Slack's documented limits, and the smaller ones that we keep ourselves.

Lengths are counted in UTF-16 units, the widest way in which Slack is known to count, after escaping. Source:
docs.slack.dev, Block Kit reference; the total of a message was measured by users (bolt-js #2509).
"""

from __future__ import annotations

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TOTAL = 13_000
"""All text of a message's blocks: from about 13,200 on Slack answers ``msg_blocks_too_long``."""
MARKDOWN_TOTAL = 12_000
TABLE_TOTAL = 10_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TEXT = 40_000
"""The ``text`` of a new message; Slack cuts what is longer."""
UPDATE_BYTES = 4_000
"""The ``text`` of an edited message, in bytes, escaped."""
SECTION = 3_000
FIELDS = 10
FIELD = 2_000
HEADER = 150
CONTEXT_ELEMENTS = 10
CONTEXT_TEXT = 3_000
ACTIONS = 25
ID = 255
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
URL = 3_000
OPTIONS = 100
OPTION_TEXT = 75
OPTION_VALUE = 150
PRIVATE_METADATA = 3_000
VIEW_TITLE = 24
VIEW_BYTES = 250_000
INPUT_TEXT = 3_000
INPUT_LABEL = 2_000
PLACEHOLDER = 150
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
TASK_TEXT = 256

OUR_SECTION = 2_900
OUR_ANSWER = 7_500
"""An answer that is longer in any of its forms is sent as a summary and a file."""
OUR_SUMMARY = 2_500
OUR_TEXT_BYTES = 3_800
"""``text`` beside blocks: for notifications and screen readers; it also fits an edit."""
