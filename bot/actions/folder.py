"""Reads a folder of definitions: one action a sub-folder or file; a broken one never takes the others down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.actions.manifest import parse_action
from bot.domain.action import ActionSpec, Source
from bot.errors import DefinitionError, Fault

_MANIFESTS = ("action.yaml", "action.yml", "action.json")
_ENDINGS = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder holds: the actions that are fine and the faults of the others."""

    specs: tuple[ActionSpec, ...]
    faults: tuple[Fault, ...]


def read_folder(folder: Path) -> Folder:
    """Read every definition of ``folder``. Faults between files, such as one slug twice, are found too."""
    specs: list[ActionSpec] = []
    faults: list[Fault] = []
    for path in definition_files(folder):
        try:
            specs.append(read_file(path))
        except DefinitionError as error:
            faults.extend(error.faults)
    unique, twice = _unique(specs)
    return Folder(tuple(unique), (*faults, *twice, *_broken_order(unique)))


def read_file(path: Path) -> ActionSpec:
    """The action of one file, or of the folder that holds it. Raises DefinitionError."""
    if path.is_dir():
        path = next(iter(_manifest_of(path)), path / _MANIFESTS[0])
    own_folder = path.parent if path.name in _MANIFESTS else None
    beside = own_folder / "main.py" if own_folder else None
    code = _text(beside) if beside and beside.is_file() else None
    spec = parse_action(_text(path), str(path), code_beside=code, folder=own_folder.name if own_folder else "")
    return replace(spec, source=Source(spec.source.format, str(path), spec.source.text))


def definition_files(folder: Path) -> Iterator[Path]:
    """The files that hold definitions, sorted; dot files and other things are passed over."""
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "_")))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir():
            yield from _manifest_of(entry)
        elif entry.suffix in _ENDINGS:
            yield entry


def _manifest_of(folder: Path) -> list[Path]:
    return [folder / name for name in _MANIFESTS if (folder / name).is_file()][:1]


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise DefinitionError([Fault(str(path), "", "It is no file.", "Put a definition there, or remove it.")])
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        mend = "Save it as UTF-8."
        raise DefinitionError([Fault(str(path), "", f"Byte {error.start} is not UTF-8.", mend)]) from error
    except OSError as error:
        problem = f"It cannot be read: {error.strerror}."
        raise DefinitionError([Fault(str(path), "", problem, "Check that it exists and its rights.")]) from error


def _unique(specs: Sequence[ActionSpec]) -> tuple[list[ActionSpec], list[Fault]]:
    first: dict[str, ActionSpec] = {}
    faults = []
    for spec in specs:
        other = first.setdefault(spec.slug, spec)
        if other is not spec:
            problem = f"The slug {spec.slug!r} is used by {other.source.path} too."
            faults.append(Fault(spec.source.path, "slug", problem, "Give one of them another slug."))
    return list(first.values()), faults


def _broken_order(specs: Sequence[ActionSpec]) -> Iterator[Fault]:
    """``after`` must name an action that exists and must not lead back to itself."""
    waits: Mapping[str, str] = {spec.slug: spec.after.action for spec in specs if spec.after}
    known = {spec.slug for spec in specs}
    for spec in specs:
        if spec.after and spec.after.action not in known:
            problem = f"There is no action {spec.after.action!r}."
            yield Fault(spec.source.path, "after.action", problem, "Use the slug of another action.")
        elif spec.after and _comes_back(spec.slug, waits):
            yield Fault(spec.source.path, "after.action", "It waits for itself in a circle.", "Break the circle.")


def _comes_back(slug: str, waits: Mapping[str, str]) -> bool:
    seen = set()
    at: str | None = waits.get(slug)
    while at and at not in seen:
        if at == slug:
            return True
        seen.add(at)
        at = waits.get(at)
    return False
