"""Domain values as the store keeps them: times as UTC microseconds, small structures as JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.approval import ApprovalItem
from bot.domain.message import Line, Platform, Source, Used
from bot.domain.person import Sender
from bot.domain.plan import OpenCall
from bot.domain.post import Address, Compose, Delivery, PostWhen
from bot.domain.run import File, Outcome
from bot.domain.turn import Remembered

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, exact. Raises ValueError for a naive time, which could mean any moment."""
    if moment.utcoffset() is None:
        raise ValueError("a time without a zone cannot be stored")
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + micros * _MICROSECOND


def zone_of(moment: datetime) -> str:
    """The reader's zone: its IANA name where there is one, else its offset such as ``UTC+02:00``."""
    return str(getattr(moment.tzinfo, "key", "") or moment.tzname() or "UTC")


def in_zone(moment: datetime, zone: str) -> datetime:
    """Undo ``zone_of``, as far as the zone is one that this machine knows; else it stays in UTC."""
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return moment


def to_json(value: object) -> str:
    """JSON text; all but ASCII escaped, so that any string at all can be stored."""
    return json.dumps(value, separators=(",", ":"))


def from_json(text: str) -> Any:
    """Undo ``to_json``."""
    return json.loads(text)


def sender_to_json(sender: Sender) -> str:
    return to_json(
        {
            "id": sender.id,
            "name": sender.name,
            "email": sender.email,
            "groups": list(sender.groups),
            "verified": sender.verified,
        }
    )


def sender_from_json(text: str) -> Sender:
    told = from_json(text)
    return Sender(told["id"], told["name"], told["email"], tuple(told["groups"]), told["verified"])


def used_to_json(used: Iterable[Used]) -> str:
    """Sources stand only where there are some: so rows are as they were before there were any."""
    return to_json(
        [
            [u.run_id, u.action, u.name, u.outcome.value, u.label, u.seconds, u.detail,
             u.started_at.isoformat() if u.started_at else None,
             *([[[s.label, s.url] for s in u.sources]] if u.sources else [])]
            for u in used
        ]
    )  # fmt: skip


# The turns of a conversation are read again with each question in it.
@lru_cache(maxsize=1024)
def used_from_json(text: str) -> tuple[Used, ...]:
    return tuple(
        Used(
            run_id,
            action,
            name,
            Outcome(outcome),
            label,
            seconds,
            detail,
            datetime.fromisoformat(started) if started else None,
            tuple(Source(*source) for source in (sources[0] if sources else ())),
        )
        for run_id, action, name, outcome, label, seconds, detail, started, *sources in from_json(text)
    )


def lines_to_json(lines: Iterable[Line]) -> str:
    """Empty for none, as nearly all turns have none."""
    told = [[line.speaker, line.text, to_micros(line.said_at)] for line in lines]
    return to_json(told) if told else ""


def lines_from_json(text: str) -> tuple[Line, ...]:
    told = from_json(text) if text else []
    return tuple(Line(speaker, said, from_micros(said_at)) for speaker, said, said_at in told)


def results_to_json(results: Iterable[Remembered]) -> str:
    return to_json([[r.action, r.name, dict(r.arguments), r.outcome, r.output, r.datapoint] for r in results])


def results_from_json(text: str) -> tuple[Remembered, ...]:
    return tuple(Remembered(*fields) for fields in from_json(text))


def open_calls_to_json(calls: Iterable[OpenCall]) -> str:
    return to_json([[c.action, dict(c.arguments), list(c.missing), c.attempts] for c in calls])


def open_calls_from_json(text: str) -> tuple[OpenCall, ...]:
    return tuple(
        OpenCall(action, arguments, tuple(missing), attempts)
        for action, arguments, missing, attempts in from_json(text)
    )


def items_to_json(items: Sequence[ApprovalItem]) -> str:
    return to_json([[i.action, i.name, dict(i.arguments), i.fingerprint] for i in items])


def items_from_json(text: str) -> tuple[ApprovalItem, ...]:
    return tuple(ApprovalItem(*fields) for fields in from_json(text))


def mapping_to_json(values: Mapping[str, object]) -> str:
    return to_json(dict(values))


def address_to_json(address: Address) -> str:
    return to_json([address.platform.value, address.channel, address.thread, address.person])


def address_from_json(text: str) -> Address:
    platform, *rest = from_json(text)
    return Address(Platform(platform), *rest)


def delivery_to_json(delivery: Delivery) -> str:
    return to_json(
        {
            "targets": list(map(address_to_json, delivery.targets)),
            "compose": delivery.compose.value,
            "template": delivery.template,
            "post": delivery.post.value,
            "owner": address_to_json(delivery.owner) if delivery.owner else "",
            "alert_after": delivery.alert_after,
        }
    )


def delivery_from_json(text: str) -> Delivery:
    told = from_json(text)
    return Delivery(
        targets=tuple(map(address_from_json, told["targets"])),
        compose=Compose(told["compose"]),
        template=told["template"],
        post=PostWhen(told["post"]),
        owner=address_from_json(told["owner"]) if told["owner"] else None,
        alert_after=told["alert_after"],
    )


def files_to_json(files: Iterable[File]) -> str:
    return to_json([[file.run_id, file.place, file.name, file.media_type, file.size] for file in files])


def files_from_json(text: str) -> tuple[File, ...]:
    return tuple(File(*fields) for fields in from_json(text))
