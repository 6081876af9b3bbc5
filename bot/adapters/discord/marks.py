"""What tells the messages of one try from those of another, so that nothing is posted twice."""

from __future__ import annotations

import hashlib

import discord

from bot.adapters.discord.rendering.post import Post


def marked(post: Post, mark: str) -> discord.ui.LayoutView:
    """The message with its mark as the number of its first component, which Discord keeps as long as the message."""
    view = post.view()
    if mark:
        view.children[0].id = _number(mark)
    return view


def bears(message: discord.Message, mark: str, post: Post) -> bool:
    """Whether a message of ours was posted with that mark: its nonce is told for some minutes only.

    Where it had to be sent in plain words, those tell.
    """
    if message.components:
        return bool(getattr(message.components[0], "id", None) == _number(mark))
    return message.nonce == nonce(mark) or message.content.startswith(post.words)


def _number(mark: str) -> int:
    """31 bits, above all numbers that Discord gives by itself."""
    return int.from_bytes(hashlib.blake2b(mark.encode(), digest_size=4).digest()) & 0x3FFFFFFF | 0x40000000


def nonce(mark: str) -> str:
    """24 characters that are the same for the same mark; Discord makes one message of all posts with it."""
    return hashlib.blake2b(mark.encode(), digest_size=12).hexdigest()
