"""The image that Python actions run in: named by its content, built when its inputs change."""

from bot.sandbox.image.build import build_image
from bot.sandbox.image.tag import image_tag

__all__ = ["build_image", "image_tag"]
