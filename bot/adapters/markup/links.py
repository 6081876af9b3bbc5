"""Which addresses may be links, and whether a label says the truth about where it leads."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import clean

LONGEST = 2_000
"""Of an address, escaped: a link and its label must fit in one section."""
_SAFE = "%/?#:;@=&+$,~-._!*[]"
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,62})\.){1,8}([^\W\d_]{2,63}|xn--[\w-]{1,59})(?![\w-])")
_MAILBOX = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,20}://", re.IGNORECASE)
_FILES = frozenset(
    ("csv", "docx", "gif", "html", "jpeg", "jpg", "js", "json", "log", "pdf", "png", "pptx", "svg", "toml", "ts", "txt",
     "xlsx", "xml", "yaml", "yml")
)  # fmt: skip
"""Endings of file names that are no domains."""


def safe_url(url: str) -> str:
    """The address as Slack may have it: http, https or mailto, no user part, nothing unescaped. Empty: no link."""
    try:
        return _rebuilt(clean(url).strip()) if len(url) <= LONGEST else ""
    except (ValueError, UnicodeError):
        return ""


def host_of(url: str) -> str:
    """The host of a safe address; for mailto the domain."""
    parts = urlsplit(url)
    return parts.hostname or parts.path.rpartition("@")[2].lower()


def poses(label: str, url: str) -> bool:
    """Whether ``label`` reads like an address that ``url`` does not lead to."""
    host = host_of(url)
    seen = unicodedata.normalize("NFKC", clean(label)).replace("。", ".").lower()[:500]
    if _SCHEME.match(seen.strip()) and _HOST.search(seen) is None:
        return seen.strip().rstrip("/") != url.lower().rstrip("/")
    return any(not _same(found.group(), host) for found in _HOST.finditer(seen) if found.group(1) not in _FILES)


def _rebuilt(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "mailto" and _MAILBOX.fullmatch(parts.path):
        whole = f"mailto:{parts.path}"
    elif parts.scheme in ("http", "https") and parts.hostname:
        whole = urlunsplit((parts.scheme, _host(parts.hostname, parts.port), *map(_quoted, parts[2:])))
    else:
        return ""
    return whole if size(whole.replace("&", "&amp;")) <= LONGEST else ""


def _host(name: str, port: int | None) -> str:
    ascii_name = name if name.isascii() else name.encode("idna").decode()
    if not re.fullmatch(r"[\w.-]+|[0-9a-f:.]+", ascii_name, re.ASCII):
        raise ValueError("no host name")
    bracketed = f"[{ascii_name}]" if ":" in ascii_name else ascii_name
    return f"{bracketed}:{port}" if port else bracketed


def _quoted(part: str) -> str:
    return quote(part, safe=_SAFE)


def _same(said: str, host: str) -> bool:
    return host == said or host.endswith("." + said) or said == "www." + host
