"""What JSON may hold: a form says which names there are and of which type, and `misfit` where a value differs from it.

    {"task": str, "seed": int, "score": {"value": float}, "why?": str, "metrics": {...: float}, "seeds": [int]}

A type, `float` for any finite number and `object` for anything; a dict of names, "name?" for one that may be missing
and ... for all others; [form] for a list; {"a", "b"} for one of these texts; (form, form) for either.
"""

import re
from typing import Any

NEAR = 50  # levels of lists and objects
LARGE = 1e150  # numbers are smaller, so that their squares are numbers too
HALF = re.compile("[\ud800-\udfff]")  # of a character: JSON can say it, UTF-8 cannot
WORDS = {
    int: "a whole number",
    float: "a finite number",
    str: "a text",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


def is_plain(value: Any, near: int = NEAR) -> bool:
    """Are all texts in a value of JSON writable, all numbers finite and not huge, and is it not nested deep?"""
    if isinstance(value, dict | list):
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        return near > 0 and all(is_plain(each, near - 1) for each in inner)
    if isinstance(value, str):
        return value.isascii() or not HALF.search(value)
    return value is None or abs(value) < (LARGE if isinstance(value, float) else 2**63)


def misfit(value: Any, form: Any, name: str = "it") -> str:
    """Where a value of JSON is not of a form, in words; nothing where it is."""
    if isinstance(form, tuple):
        return min((misfit(value, each, name) for each in form), key=bool)
    if isinstance(form, dict) and isinstance(value, dict):
        for key, inner in form.items():
            for found in value if key is ... else [key.removesuffix("?")]:
                if found not in value and not key.endswith("?"):
                    return f"{name}.{found} is missing"
                if found in value and (fault := misfit(value[found], inner, f"{name}.{found}")):
                    return fault
        return ""
    if isinstance(form, list) and isinstance(value, list):
        return next(filter(None, (misfit(each, form[0], f"{name}.{k}") for k, each in enumerate(value))), "")
    if isinstance(form, set):
        fits, wanted = isinstance(value, str) and value in form, " or ".join(sorted(form))
    else:
        kind = form if isinstance(form, type) else type(form)
        fits, wanted = kind in (object, type(value)) or (kind is float and type(value) is int), WORDS.get(kind, "null")
        fits = fits and (kind is not float or abs(value) < LARGE)  # which NaN is not
    return "" if fits else f"{name} is {value!r:.60}, not {wanted}"
