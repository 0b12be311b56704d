"""Expressions: what Python says of the same text, and one clear line for everything else."""

import re
import time

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from supervised.lessons.expressions import DEPTH, FUNCTIONS, LENGTH, parse

X = np.linspace(0.3, 2, 7)

NUMBERS = st.sampled_from(["1", "2.5", ".5", "3.", "1e-1", "2E+0", "pi", "e", "x", "y"])
TEXTS = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.builds("({})".format, inner),
        st.builds("-{}".format, inner),
        st.builds("{}({})".format, st.sampled_from(sorted(FUNCTIONS)), inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner),
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_it_says_what_python_says(text):
    if len(text) > LENGTH:
        return
    with np.errstate(all="ignore"):
        # every number of NumPy's: Python's own would raise where these are infinite
        arrays = re.sub(r"(?<![A-Za-z_\d.])((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", r"float64(\1)", text)
        names = {"float64": np.float64, "pi": np.float64(np.pi), "e": np.float64(np.e), **FUNCTIONS}
        expected = eval(arrays, names, {"x": X, "y": X[::-1]})
    if np.isfinite(expected).all():
        assert parse(text)(x=X, y=X[::-1]) == pytest.approx(np.broadcast_to(expected, X.shape), rel=1e-12)
    else:
        with pytest.raises(ValueError, match="infinite or undefined"):
            parse(text)(x=X, y=X[::-1])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sin(3*x)*x", np.sin(3 * X) * X),
        ("-x**2", -(X**2)),
        ("2**3**2", 512),
        ("2**-1", 0.5),
        ("1-2-3", -4),
        ("8/4/2", 1),
        ("2*-3", -6),
        ("- - 2", 2),
        (" ( x ) ", X),
        ("1.e1", 10),
        ("abs(-pi)", np.pi),
        ("x\t+\n1", X + 1),
    ],
)
def test_known_values(text, value):
    assert parse(text)(x=X) == pytest.approx(np.broadcast_to(value, X.shape))


def test_names_say_how_many_variables_it_has():
    assert parse("sin(y)*2").names == ("y",)
    assert parse("x*y").names == ("x", "y")
    assert parse("pi").names == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing at its end"),
        ("x^2", "power as"),
        ("3x", "operator is missing before 'x'"),
        ("(x", r"\)"),
        ("x)", "operator is missing"),
        ("sin x", r"'\(' is missing"),
        ("sin", r"'\(' is missing"),
        ("x+", "at its end"),
        ("foo(x)", "'foo' is not known"),
        ("z", "'z' is not known"),
        ("__import__('os')", "__import__"),
        ("x.y", "'.'"),
        ("x;x", "';'"),
        ("x if x else x", "'if'"),
        ("[x]", r"'\['"),
        ("lambda", "lambda"),
        ("1e999", "no finite number"),
        ("٣*x", "'٣'"),
        ("²", "'²'"),
        ("x, x", "','"),
        ("'a'", "missing"),
        ("x" * (LENGTH + 1), "characters"),
        ("(" * (DEPTH + 1) + "x" + ")" * (DEPTH + 1), "inside"),
        ("-" * (DEPTH + 1) + "x", "inside one another"),
        ("**".join("x" * (DEPTH + 2)), "inside one another"),
        ("x == x", "'='"),
        ("1_000", "operator is missing"),
    ],
)
def test_what_is_no_expression_is_refused_in_one_line(text, why):
    with pytest.raises(ValueError, match=why) as refused:
        parse(text)
    assert "\n" not in str(refused.value).replace(repr(text), "")


@pytest.mark.parametrize("text", ["9**9**9", "1/x", "1/0", "log(x)", "x**0.5", "exp(1000*x)", "x**-1", "0/0"])
def test_what_is_not_finite_is_refused_where_it_happens(text):
    with pytest.raises(ValueError, match="infinite or undefined at x = "):
        parse(text)(x=np.linspace(-1, 1, 5))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text("0123456789.+-*/()xyesincoptlg e", max_size=60))
def test_any_text_ends_in_a_value_or_a_refusal(text):
    try:
        value = parse(text)(x=X, y=X)
    except ValueError:
        return
    assert value.shape == X.shape
    assert np.isfinite(value).all()


def test_the_dearest_expression_is_cheap():
    text = "sin(" * (DEPTH - 1) + "x" + ")" * (DEPTH - 1) + "+x**x" * 10
    started = time.process_time()
    parse(text)(x=np.linspace(0, 1, 10**4))
    assert time.process_time() - started < 0.5
