"""Templates that would take for ever, or all memory: each ends in a diagnostic at its place, and soon."""

import time
import tracemalloc

import pytest

from docs.packs import REFERENCE, named, pack_of
from rulepack import docs
from rulepack.docs import bounds, environment

MACRO = "{% macro m(n) %}{{ m(n - 1) if n }}{{ m(n - 1) if n }}{% endmacro %}"
ENDLESS = [
    "{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}",
    "{% for a in range(10000) %}{% for b in range(10000) %}{% if loop.last %}{{ loop.length }}{% endif %}{% endfor %}{% endfor %}",  # noqa: E501
    "{% for a in range(10000) %}{% for b in range(10000) if b %}{% endfor %}{% endfor %}",
    "{% for a in range(10000) %}{% for b in range(10000) | map('string') %}{% endfor %}{% endfor %}",
    "{% for a in range(10000) %}{{ range(10000) | sum }}{% endfor %}",
    "{% for a in range(10000) %}{{ range(10000) | list | length }}{% endfor %}",
    "{% for a in range(10000) %}{{ 'x' in range(10000) | list }}{% endfor %}" * 5,
    "{% for a in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    MACRO + "{{ m(40) }}",
    '{% include "parts/itself.md.j2" %}',
    '{% include "parts/twice_0.md.j2" %}',
    "{% for a in range(100000) %}{% for b in range(100000) %}{{ pack.name }}{% endfor %}{% endfor %}",
    "{{ range(10 ** 9) }}",
    "{{ range(100001) | list }}",
]
BOMBS = [
    "{{ 'a' * 10 ** 9 }}",
    "{{ 10 ** 9 * 'a' }}",
    "{{ [0] * 10 ** 9 }}",
    "{{ 9 ** (9 ** 9) }}",
    "{{ 2 ** 100000 }}",
    "{% set n = namespace(x=9 ** 999) %}{% for a in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "{% set n = namespace(x='ab') %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x='ab') %}{% for a in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x=[1]) %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x=['a']) %}{% for a in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x=['a']) %}{% for a in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x | tojson }}",
    "{% set n = namespace(x=['a']) %}{% for a in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ '%s' % n.x }}",
    "{% set n = namespace(x=['a']) %}{% for a in range(99) %}{% set n.x = {'a': n.x, 'b': n.x} %}{% endfor %}{{ n.x | string }}",  # noqa: E501
    "{% set n = namespace(x=['a']) %}{% for a in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ '{}'.format(n.x) }}",  # noqa: E501
    "{{ 'a' | center(10 ** 9) }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a'.center(10 ** 9) }}",
    "{{ 'a'.ljust(10 ** 9) }}",
    "{{ 'a'.rjust(width=10 ** 9) }}",
    "{{ '1'.zfill(10 ** 9) }}",
    "{{ ('\\t' * 10000).expandtabs(10000) }}",
    "{{ (1).to_bytes(10 ** 9, 'big') }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (10 ** 9, 1) }}",
    "{{ '%.1000000000f' | format(1.5) }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{{ '{:>{}}'.format(1, 10 ** 9) }}",
    "{{ '{x:>{y}}'.format_map({'x': 1, 'y': 10 ** 9}) }}",
    "{{ 'a' | indent(10 ** 9, true) }}",
    "{{ ('\\n' * 10000) | indent(10000, true, true) }}",
    "{{ ('\\n' * 10000) | indent('x' * 10000, true, true) }}",
    "{{ ('a' * 3000000) | wordwrap(1) }}",
    "{{ ('a' * 10000) | wordwrap(1, true, 'x' * 10000) }}",
    "{{ [1] | batch(10 ** 9, 'x') | list }}",
    "{{ [1] | slice(10 ** 9, 'x') | list }}",
    "{{ 1.5 | round(10 ** 9, 'ceil') }}",
    "{{ [1] | tojson(indent=10 ** 9) }}",
    "{{ ('a' * 10000) | replace('', 'x' * 10000) }}",
    "{{ ('a' * 10000).replace('', 'x' * 10000) }}",
    "{{ ('x' * 10000).join(range(10000) | map('string') | list) }}",
    "{{ range(10000) | join('x' * 10000) }}",
    "{{ range(10000) | map('string') | join('x' * 10000) }}",
    "{{ [['x' * 1000000] * 1000] | join }}",
    "{% set x = 'x' * 1000000 %}{% for a in range(1000) %}{{ x }}{% endfor %}",
    "{% set x = 'x' * 1000000 %}{% for a in range(1000) %}{{ x | upper }}{% endfor %}",
    "{% set x = 'x' * 1000000 %}{% set y %}{% for a in range(1000) %}{{ x }}{% endfor %}{% endset %}",
    "{% macro m() %}{% for a in range(1000) %}{{ 'x' * 1000000 }}{% endfor %}{% endmacro %}{{ m() | length }}",
    "{% for a in range(1000) %}" + "x" * 100_000 + "{% endfor %}",
    "{% filter indent(10000) %}{% for a in range(10000) %}x\n{% endfor %}{% endfilter %}",
]  # fmt: skip
PARTS = {
    "markdown/parts/itself.md.j2": '{% include "parts/itself.md.j2" %}',
    **{f"markdown/parts/twice_{n}.md.j2": f'{{% include "parts/twice_{n + 1}.md.j2" %}}' * 2 for n in range(40)},
    "markdown/parts/twice_40.md.j2": "",
}


@pytest.mark.parametrize("template", [*ENDLESS, *BOMBS])
def test_a_template_without_end_is_said_at_its_place(tmp_path, monkeypatch, template):
    # As it is with more, only sooner.
    monkeypatch.setattr(bounds, "MOST_STEPS", 200_000)
    pack = pack_of(tmp_path, templates={"markdown/once/a.md.j2": "\n" + template, **PARTS})
    start = time.process_time()
    site = docs.render(pack, REFERENCE)
    took = time.process_time() - start
    (found,) = site.diagnostics
    assert (found.code.id, found.code.name) == ("RP606", "template-without-end")
    assert found.span.file.startswith("templates/markdown/")
    assert found.span.line == (2 if found.span.file.endswith("once/a.md.j2") else 1)
    assert took < 20


@pytest.mark.slow
@pytest.mark.parametrize("template", BOMBS)
def test_a_template_does_not_take_all_memory(template):
    page = environment.make({}).from_string(template)
    tracemalloc.start()
    with pytest.raises(bounds.TooMuchError):
        page.render()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 200_000_000


def rendered(template, **values):
    return environment.make({}).from_string(template).render(values)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{% for a in x %}{{ loop.index }}/{{ loop.length }}{{ ',' if not loop.last }}{% endfor %}", "1/3,2/3,3/3"),
        ("{% for a in y() %}{{ loop.index }}/{{ loop.length }}{{ ',' if not loop.last }}{% endfor %}", "1/2,2/2"),
        ("{% for a in [] %}x{% else %}none{% endfor %}", "none"),
        ("{% for a, b in {'k': 1}.items() %}{{ a }}{{ b }}{% endfor %}", "k1"),
        ("{% for a in x if a > 1 %}{{ a }}{{ loop.previtem | default('-') }}{% endfor %}", "2-32"),
        ("{% for a in [1, [2, [3]]] recursive %}{{ loop(a) if a is iterable else a }}{% endfor %}", "123"),
        ("{% for a in 'abc' %}{{ loop.cycle('-', '+') }}{{ a }}{% endfor %}", "-a+b-c"),
        ("{{ 2 in x }} {{ 'b' not in 'abc' }} {{ 'a' in {'a': 1} }}", "True False True"),
        ("{{ 'a' ~ 1 ~ none }} {{ 'a' + 'b' }} {{ 'ab' * 2 }} {{ 2 ** 10 }} {{ 7 % 4 }}", "a1None ab abab 1024 3"),
        ("{{ '%03d|%s' % (7, 'x') }} {{ '{:>4}|{}'.format('a', 1) }} {{ '%5s' | format('a') }}", "007|x    a|1     a"),
        ("{{ x | join(', ') }} {{ ['a'] | join }} {{ y() | join('-') }}", "1, 2, 3 a 8-9"),
        ("{{ 'a b c' | replace(' ', '-') }} {{ 'aXbX'.replace('X', '', 1) }} {{ 'a' | center(3) }}", "a-b-c abX  a "),
        ("{{ 'a\nb' | indent(2) }} {{ 'aa bb' | wordwrap(2) }}", "a\n  b aa\nbb"),
        ("{{ x | batch(2, 0) | list }} {{ x | sum }} {{ 2.5 | round(1) }}", "[[1, 2], [3, 0]] 6 2.5"),
        ("{% macro m(a, context=1) %}{{ a }}{{ context }}{{ caller() }}{% endmacro %}{% call m(1, context=2) %}c{% endcall %}", "12c"),  # noqa: E501
        ("{% set ns = namespace(n=0) %}{% for a in x %}{% set ns.n = ns.n + a %}{% endfor %}{{ ns.n }}", "6"),
        ("{{ {'a': [1, (2,)]} | tojson }} {{ [1, 'a'] }}", "{\"a\": [1, [2]]} [1, 'a']"),
    ],
)  # fmt: skip
def test_what_ends_works_as_ever(template, text):
    assert rendered(template, x=(1, 2, 3), y=lambda: iter((8, 9))) == text


def test_each_page_may_take_as_many_steps(monkeypatch):
    monkeypatch.setattr(bounds, "MOST_STEPS", 300)
    template = environment.make({}).from_string("{% for a in range(200) %}{% endfor %}done")
    assert [template.render(), template.render()] == ["done", "done"]


def test_an_error_after_an_endless_template_is_still_said(tmp_path):
    templates = {"markdown/once/a.md.j2": ENDLESS[0], "markdown/once/b.md.j2": "{{ x }}", "markdown/once/c.md.j2": "ok"}
    site = docs.render(pack_of(tmp_path, [named("A")], templates), REFERENCE)
    assert [found.code.id for found in site.diagnostics] == ["RP606", "RP602"]
