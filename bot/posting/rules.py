"""What must hold of a delivery before it is saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.post import Compose, Delivery
from bot.domain.schedule import ScheduleFault
from bot.posting.template import template_faults

_MOST_TARGETS = 20


def delivery_faults(delivery: Delivery) -> Sequence[ScheduleFault]:
    """All that is wrong with it, whatever results will come; nothing if it can be saved."""
    return [*_numbers(delivery), *_words(delivery)]


def _numbers(delivery: Delivery) -> Iterator[ScheduleFault]:
    if len(delivery.targets) > _MOST_TARGETS:
        yield ScheduleFault("targets", f"there are {len(delivery.targets)}.", f"Name {_MOST_TARGETS} at most.")
    if delivery.alert_after < 1:
        problem = f"{delivery.alert_after} failures in a row are none."
        yield ScheduleFault("alert after", problem, "Give 1 or more.")


def _words(delivery: Delivery) -> Iterator[ScheduleFault]:
    if delivery.compose is Compose.TEMPLATE:
        yield from template_faults(delivery.template)
    elif delivery.template:
        problem = f"a template is given, but the style is {delivery.compose.value}."
        yield ScheduleFault("template", problem, f"Choose the style {Compose.TEMPLATE.value}, or leave it out.")
