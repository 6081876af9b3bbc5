"""Markdown as people and models write it, made safe, for every platform that shows it."""
