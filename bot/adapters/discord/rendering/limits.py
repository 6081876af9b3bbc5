"""Discord's documented limits, and the smaller ones that we keep ourselves.

Lengths are counted in UTF-16 units, the widest way in which Discord is known to count. Source: Discord's developer
documentation, component reference and message resource, snapshot c98d64b.
"""

from __future__ import annotations

TEXT = 4_000
"""All text of a message's components together."""
COMPONENTS = 40
"""All components of a message, nested ones too."""
CONTENT = 2_000
"""The plain text of a message without components."""
BUTTONS = 5
"""In one row."""
BUTTON_LABEL = 80
CUSTOM_ID = 100
PICTURES = 10
"""In one gallery."""
PICTURE_WORDS = 256
ATTACHMENTS = 10
"""In one message."""
ATTACHMENT_BYTES = 10 * 1024 * 1024
"""Of one message, all files together: what every server allows."""
THREAD_NAME = 100
MODAL_TITLE = 45
MODAL_FIELDS = 5
INPUT_LABEL = 45
INPUT_TEXT = 4_000
OPTIONS = 25
OPTION_TEXT = 100
NONCE = 25

OUR_TEXT = 3_800
"""Of one message."""
OUR_WORDS = 1_900
"""Of the same in plain words."""
OUR_PARTS = 3
"""Messages that one answer may take; a longer one is a summary and a file."""
OUR_SUMMARY = 2_500
OUR_FILE_BYTES = ATTACHMENT_BYTES - 64 * 1024
"""Of all files of one message: what stands round them counts, too."""
