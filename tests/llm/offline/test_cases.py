"""Planning by rules on our own labelled sets: half tuned on, half held out. Neither half may get worse.

``pytest -s`` prints the table. With the extra ``encoder`` installed, the same is measured with meanings.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.actions.folder import read_folder
from bot.conversation.planner import Planner
from bot.domain.action import ActionSpec, Effect, HttpCall, Parameter, Value
from bot.domain.turn import Context
from bot.llm.offline.dates import read_dates
from bot.llm.offline.encoder import Meanings, MiniLM, installed
from bot.llm.offline.model import OfflineModel
from bot.llm.offline.words import slip
from bot.llm.shortlist import LexicalShortlist
from bot.ports import LanguageModel
from tests.fakes import counting

FOLDER = Path(__file__).parent / "cases"
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
Arguments = Mapping[str, Value]
Planned = Mapping[str, Arguments]


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Call(_Read):
    action: str
    arguments: dict[str, Value]
    """What the message gives. Defaults are left out, and so is a required value that is missing."""


class Case(_Read):
    id: str
    text: str
    calls: tuple[Call, ...]


class Action(_Read):
    slug: str
    name: str
    condition: str
    type: Effect
    parameters: tuple[Parameter, ...] = ()
    examples: tuple[str, ...] = ()

    def spec(self) -> ActionSpec:
        work = HttpCall("GET", "https://api.example.com")
        return ActionSpec(
            self.slug, self.name, self.condition, self.type, work, self.parameters, examples=self.examples
        )


class CaseSet(_Read):
    name: str
    held_out: bool
    """Never tuned on: its figures say what to expect of actions that nobody has seen."""
    cases: tuple[Case, ...]
    actions: tuple[Action, ...] = ()
    folder: Path | None = None

    def specs(self) -> tuple[ActionSpec, ...]:
        return read_folder(self.folder).specs if self.folder else tuple(action.spec() for action in self.actions)


SETS = tuple(TypeAdapter(CaseSet).validate_json(path.read_bytes()) for path in sorted(FOLDER.glob("*.json")))


@dataclass(frozen=True, slots=True)
class Answered:
    """One case with what was planned for it."""

    case: Case
    planned: Planned
    wanted: Planned
    seconds: float

    @property
    def chosen_right(self) -> bool:
        return self.planned.keys() == self.wanted.keys()

    @property
    def found(self) -> set[str]:
        return self.planned.keys() & self.wanted.keys()

    @property
    def filled_right(self) -> int:
        """Calls of the right action whose arguments are all right, and no more than these."""
        return sum(_folded(self.planned[slug]) == _folded(self.wanted[slug]) for slug in self.found)


async def answered(case: Case, specs: Sequence[ActionSpec], model: LanguageModel) -> Answered:
    planner = Planner(model, LexicalShortlist(), read_dates, counting())
    context = Context("c", case.text, "Alex", "alex@acme.example", NOW, ())
    started = time.perf_counter()
    plan = await planner.plan(context, specs)
    seconds = time.perf_counter() - started
    planned = {call.action: call.arguments for call in plan.open_calls}
    planned |= {call.spec.slug: call.arguments for call in plan.calls}
    known = {spec.slug: spec for spec in specs}
    wanted = {call.action: _defaults(known[call.action].parameters) | call.arguments for call in case.calls}
    return Answered(case, planned, wanted, seconds)


async def measured(cases: CaseSet, model: LanguageModel) -> list[Answered]:
    specs = cases.specs()
    return [await answered(case, specs, model) for case in cases.cases]


@dataclass(frozen=True, slots=True)
class Score:
    """Shares from 0 to 1."""

    exact: float
    """Cases whose set of actions is exactly right."""
    recall: float
    precision: float
    abstained: float
    """Off-topic cases for which nothing was chosen."""
    arguments: float
    """Rightly chosen calls whose arguments are all right."""
    milliseconds: float
    """The 95th percentile."""


def score(answers: Sequence[Answered]) -> Score:
    found = sum(len(answer.found) for answer in answers)
    idle = [answer for answer in answers if not answer.wanted]
    times = sorted(answer.seconds for answer in answers)
    return Score(
        exact=_share(sum(answer.chosen_right for answer in answers), len(answers)),
        recall=_share(found, sum(len(answer.wanted) for answer in answers)),
        precision=_share(found, sum(len(answer.planned) for answer in answers)),
        abstained=_share(sum(not answer.planned for answer in idle), len(idle)),
        arguments=_share(sum(answer.filled_right for answer in answers), found),
        milliseconds=1000 * times[math.ceil(0.95 * len(times)) - 1],
    )


def table(rows: Iterable[tuple[str, int, Score]]) -> str:
    lines = ["set                 n  exact recall  prec. absta.  args  p95 ms"]
    for name, size, of in rows:
        shares = (of.exact, of.recall, of.precision, of.abstained, of.arguments)
        lines.append(f"{name:18}{size:3}" + "".join(f"{share:7.2f}" for share in shares) + f"{of.milliseconds:8.2f}")
    return "\n".join(lines)


async def halves(model: LanguageModel, title: str) -> dict[bool, Score]:
    """The scores by ``held_out``; the table is printed."""
    by_set = {cases.name: await measured(cases, model) for cases in SETS}
    rows = [(f"{'* ' * of.held_out}{of.name}", len(by_set[of.name]), score(by_set[of.name])) for of in SETS]
    both = {half: [a for of in SETS if of.held_out is half for a in by_set[of.name]] for half in (False, True)}
    scores = {half: score(answers) for half, answers in both.items()}
    rows += [("held out (*)" if half else "tuned on", len(both[half]), scores[half]) for half in both]
    print(f"\n{title}\n{table(rows)}")
    return scores


@dataclass(frozen=True, slots=True)
class Floor:
    """What was measured on 2026-11-21, minus about two cases."""

    exact: float
    abstained: float
    arguments: float

    def holds(self, of: Score) -> bool:
        return of.exact >= self.exact and of.abstained >= self.abstained and of.arguments >= self.arguments


WORDS = {False: Floor(0.80, 0.88, 0.95), True: Floor(0.64, 0.83, 0.93)}
MEANINGS = {False: Floor(0.86, 0.88, 0.93), True: Floor(0.83, 0.88, 0.85)}


async def test_by_words_alone_neither_half_gets_worse() -> None:
    scores = await halves(OfflineModel(), "words alone")

    assert WORDS[False].holds(scores[False]), scores[False]
    assert WORDS[True].holds(scores[True]), scores[True]


async def test_with_meanings_neither_half_gets_worse() -> None:
    scores = await halves(OfflineModel(installed()), "words and meanings")

    assert MEANINGS[False].holds(scores[False]), scores[False]
    assert MEANINGS[True].holds(scores[True]), scores[True]


def test_the_sets_are_large_and_hold_enough_that_asks_for_nothing() -> None:
    cases = [case for of in SETS for case in of.cases]
    held_out = sum(len(of.cases) for of in SETS if of.held_out)

    assert len({case.id for case in cases}) == len(cases) >= 160
    assert 0.18 <= sum(not case.calls for case in cases) / len(cases) <= 0.25
    assert 0.45 <= held_out / len(cases) <= 0.55


@dataclass(frozen=True, slots=True)
class Topic:
    """A vector that knows two topics."""

    postal: bool

    def __matmul__(self, other: Topic) -> float:
        return float(self.postal is other.postal)


class Topics:
    """An encoder that remembers what it was asked to encode."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def __call__(self, text: str) -> Topic:
        self.encoded.append(text)
        return Topic(any(word in text for word in ("parcel", "postman", "Track")))


SHOP = next(of for of in SETS if of.name == "outdoor shop").specs()
STRANGER = Case(
    id="stranger", text="has the postman lost it again?", calls=(Call(action="track-parcel", arguments={}),)
)


async def test_an_encoder_finds_an_action_that_shares_no_word() -> None:
    by_words = await answered(STRANGER, SHOP, OfflineModel())
    by_meaning = await answered(STRANGER, SHOP, OfflineModel(Topics()))

    assert not by_words.planned
    assert by_meaning.chosen_right


async def test_actions_are_encoded_once_and_what_people_wrote_is_not_kept() -> None:
    encoder = Topics()
    meanings = Meanings(encoder)

    await meanings.compare(["my secret"], ["parcels", "opening hours"])
    likeness = await meanings.compare(["where is the postman"], ["parcels", "opening hours"])

    assert encoder.encoded == ["my secret", "parcels", "opening hours", "where is the postman"]
    assert likeness("my secret", ["parcels"]) == 0
    assert likeness("where is the postman", ["parcels", "opening hours"]) == 1


@pytest.mark.parametrize(
    ("written", "known", "same"),
    [("pakag", "packag", True), ("cancle", "cancel", True), ("stove", "store", False), ("plan", "planet", False)],
)
def test_a_slip_leaves_doubles_or_swaps_a_letter(written: str, known: str, same: bool) -> None:
    assert slip(written, known) is same


async def test_an_encoder_that_cannot_be_loaded_leaves_the_words(tmp_path: Path) -> None:
    broken = OfflineModel(MiniLM(tmp_path / "no.onnx", tmp_path / "no.json"))
    asked = Case(id="asked", text="opening hours in Oslo?", calls=(Call(action="store-hours", arguments={}),))

    assert (await answered(asked, SHOP, broken)).chosen_right


def _defaults(parameters: Iterable[Parameter]) -> dict[str, Value]:
    return {item.name: item.default for item in parameters if item.default is not None}


def _folded(arguments: Arguments) -> dict[str, object]:
    return {name: value.casefold() if isinstance(value, str) else value for name, value in arguments.items()}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
