"""The final reply: answer, question, sources, what was used, notices, buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.adapters.chat.sources import linked
from bot.adapters.footer import used_line
from bot.adapters.markup.neutral import brief, clean, cut, escaped
from bot.adapters.markup.writing import PLAIN
from bot.adapters.slack.rendering import answer as answers
from bot.adapters.slack.rendering.cards.post import Payload, Post, notice_text
from bot.adapters.slack.rendering.elements import Json, actions, button, context, feedback, moment, section
from bot.adapters.slack.rendering.mrkdwn import MRKDWN
from bot.domain.message import Reply, Used

FEEDBACK = "feedback"
RETRY = "retry"
SHARE = "share"
IN_FILE = "The whole answer is in the file below."
_MOST_USED = 20
_NOTICES, _QUESTION, _USED, _SOURCES = 900, 600, 1_600, 1_500


def reply_post(reply: Reply, private: bool = False, thread: str = "") -> Post:
    """The reply but for its approval, which is a message of its own so that it can become an audit line.

    ``private`` adds "Share to thread". Every button's value is the turn's id; ``thread`` after it is where to share.
    """
    shown = answers.answer(reply.text)
    if shown.document:
        reply = replace(reply, notices=(IN_FILE, *reply.notices))
    used = _used_words(reply)
    under, buttons = _under(reply, used), _buttons(reply, private, thread)
    words = "\n\n".join(
        filter(None, (answers.bare(shown.blocks), cut(reply.question, 2 * _QUESTION, clean), _spoken(reply, used)))
    )
    rich = (*answers.rich(shown.blocks), *under, *_feedback(reply), *buttons)
    classic = (*answers.sections(shown.blocks), *under, *_thumbs(reply, buttons))
    text = notice_text(words)
    ladder = (Payload(text, rich), Payload(text, classic), Payload(escaped(words) or "…"))
    return Post(tuple(rung for rung in ladder if rung.blocks or rung is ladder[-1]), shown.document)


def _under(reply: Reply, used: str) -> list[Json]:
    asked = [section(cut(reply.question, _QUESTION, escaped))] if clean(reply.question).strip() else []
    lines = (linked(reply.sources, MRKDWN, _SOURCES), _used(reply, used), _notices(reply))
    return [*asked, *(context(line) for line in lines if line)]


def _used(reply: Reply, words: str) -> str:
    """The footer; its time is when the last action began, as each reader's clock shows it."""
    line = cut(words, _USED, escaped)
    started = [used.started_at for used in reply.used if used.started_at]
    return f"{line} · as of {moment(max(started))}" if line and started else line


def _used_words(reply: Reply) -> str:
    """Raw."""
    return used_line(replace(reply, used=tuple(map(_short, reply.used[:_MOST_USED]))))


def _short(used: Used) -> Used:
    return replace(used, name=brief(used.name, 60), detail=brief(used.detail, 120), label=brief(used.label, 60))


def _notices(reply: Reply) -> str:
    reference = [f"Reference: {reply.reference}"] if reply.reference else []
    return cut(" ".join(map(_sentence, (*reply.notices[:20], *reference))).strip(), _NOTICES, escaped)


def _sentence(text: str) -> str:
    return brief(text, 400)


def _spoken(reply: Reply, used: str) -> str:
    """What stands under the answer, for those who get no blocks; raw."""
    pages = linked(reply.sources, PLAIN, _SOURCES)
    reference = [f"Reference: {brief(reply.reference, 100)}"] if reply.reference else []
    return "\n".join(filter(None, (pages, used[:_USED], *map(_sentence, reply.notices[:10]), *reference)))


def _may_be_judged(reply: Reply) -> bool:
    return bool(reply.turn_id and reply.text and not reply.reference)


def _feedback(reply: Reply) -> list[Json]:
    return [feedback(FEEDBACK, reply.turn_id)] if _may_be_judged(reply) else []


def _thumbs(reply: Reply, others: Sequence[Json]) -> list[Json]:
    """The same as buttons that every Slack knows."""
    if not _may_be_judged(reply):
        return list(others)
    good = button("👍", f"{FEEDBACK}:good", f"good:{reply.turn_id}")
    bad = button("👎", f"{FEEDBACK}:bad", f"bad:{reply.turn_id}")
    return [actions("thumbs", (good, bad)), *others]


def _buttons(reply: Reply, private: bool, thread: str) -> list[Json]:
    shared = f"{reply.turn_id}/{thread}" if thread else reply.turn_id
    share = [button("Share to thread", SHARE, shared)] if private else []
    again = [button("Try again", RETRY, reply.turn_id)] if reply.reference else []
    return [actions("reply", (*share, *again))] if share or again else []
