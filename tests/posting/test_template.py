"""A template says what was found; whatever else it tries is refused where it is saved, or fails with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.posting.template import FILTERS, NAMES, TemplateFails, filled, template_faults

VALUES: dict[str, object] = {
    "title": "SLA digest",
    "data": {"items": [{"team": "Billing", "open": 3}, {"team": "Returns", "open": 1200}], "count": 2},
    "output": "fine",
    "results": [],
    "previous": None,
    "changes": [],
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ title }}: {{ data.count }}", "SLA digest: 2"),
        ("{% for t in data.items %}{{ loop.index }}. {{ t.team }}\n{% endfor %}", "1. Billing\n2. Returns\n"),
        ("{{ data.items | table }}", "| Team | Open |\n| --- | --- |\n| Billing | 3 |\n| Returns | 1200 |"),
        ("{{ data.items | map(attribute='team') | join(' and ') }}", "Billing and Returns"),
        ("{{ data.items | sum(attribute='open') | number(1) }}", "1,203.0"),
        ("{{ data.count * 100 / 8 }}", "25.0"),
        ("{% if previous %}was {{ previous.output }}{% else %}first{% endif %}", "first"),
        ("{{ data.missing | default('none') }}", "none"),
        ("{{ 'x' | table }}", "(no entries)"),
    ],
)
def test_a_template_is_filled_in(template: str, text: str) -> None:
    assert template_faults(template) == []
    assert filled(template, VALUES) == text


@pytest.mark.parametrize(
    ("template", "where", "problem"),
    [
        ("", "template", "characters"),
        ("x" * 10_001, "template", "10,001 characters"),
        ("a\n{{ title", "line 2", "end of template"),
        ("a\nb {{ tickets }}", "line 2", "no 'tickets'"),
        ("{{ title | shout }}", "line 1", "No filter named 'shout'"),
        ("{{ title.upper() }}", "line 1", "called"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "line 1", "called"),
        ("{% set a = title %}", "line 1", "set"),
        ("{% macro m() %}{% endmacro %}", "line 1", "called or defined"),
        ("{% include 'x' %}", "line 1", "alone"),
        ("{{ title ~ title }}", "line 1", "joined"),
        ("{{ 9 ** 9 ** 9 ** 9 }}", "line 1", "power"),
        ("{% for a in data %}" * 3 + "{% endfor %}" * 3, "line 1", "too deeply"),
        ("{{ range(9) }}", "line 1", "no 'range'"),
        ("{{" + "(" * 3000 + "1" + ")" * 3000 + "}}", "template", "nested too deeply"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_before_it_is_saved(template: str, where: str, problem: str) -> None:
    found = template_faults(template)

    assert found
    assert where in found[0].where
    assert any(problem in fault.problem for fault in found)
    assert all(fault.mend for fault in found)


def test_all_faults_are_told_at_once() -> None:
    assert len(template_faults("{{ one }}\n{{ two }}\n{% set x = 1 %}")) == 3


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("a\n{{ data.missing.deeper }}", "line 2"),
        ("{{ data.nothing }}", "nothing"),
        ("{{ output * 1000000000 }}", "numbers alone"),
        ("{{ '%999999999d' % 1 }}", "numbers alone"),
        ("{{ output + output }}", "numbers alone"),
        ("{{ data.count / 0 }}", "division"),
        ("{% for a in data.many %}{% for b in data.many %}{{ output }}{% endfor %}{% endfor %}", "writes more"),
        ("{{ data.many | join(output) }}", "writes more"),
        ("{{ output.__class__ }}", "unsafe"),
    ],
)
def test_what_the_data_does_not_bear_fails_with_a_plain_word(template: str, problem: str) -> None:
    many = {**VALUES, "output": "x" * 50, "data": {"count": 1, "many": list(range(1000))}}

    with pytest.raises(TemplateFails, match=problem):
        filled(template, many)


def test_the_guide_tells_the_names_and_filters_that_there_are() -> None:
    guide = Path("docs/guide/posting.md").read_text(encoding="utf-8")
    example = "\n".join(
        line[4:] for line in guide.splitlines() if line.startswith(("    *{{", "    {%", "    {{ data"))
    )
    listed = set(guide.partition("Filters: `")[2].partition("`")[0].split())
    told = {name for line in guide.splitlines() if line.startswith("| `") for name in re.findall(r"`(\w+)`", line)}

    assert template_faults(example) == []
    assert set(NAMES) <= told
    assert listed == set(FILTERS)
