"""Modules and names of before are found where they stand now, with a warning; names that never were are not."""

from importlib import import_module

import pytest
from places import PACKAGES

import core.lab

FORMER = [
    (f"{package}.{old}", [f"{package}.{new}" for new in homes.split(",")])
    for package in ("core.lab", *PACKAGES[1:])
    for old, homes in (entry.split("=") for entry in import_module(package).FORMER.split())
]


@pytest.mark.parametrize(("old", "homes"), FORMER)
def test_a_former_module_leads_to_ours(old, homes):
    module = import_module(old)
    found = [import_module(home) for home in homes]
    name = next(name for name in vars(found[0]) if not name.startswith("_") and name != "annotations")
    with pytest.warns(FutureWarning, match=f"{old}.{name} is now {homes[0]}.{name}"):
        assert getattr(module, name) is getattr(found[0], name)
    with pytest.raises(AttributeError, match="no_such_name"):
        module.no_such_name  # noqa: B018


def test_names_that_moved_out_of_a_module_are_found():
    for name, home in (
        ("positive", "config"),
        ("rng_state", "state"),
        ("Splits", "data.splits"),
        ("Refusal", "errors"),
    ):
        with pytest.warns(FutureWarning, match=f"core.lab.learner.{name} is now core.lab.{home}.{name}"):
            assert getattr(core.lab.learner, name) is getattr(import_module(f"core.lab.{home}"), name)
    with pytest.warns(FutureWarning, match=r"core.lab.report.Section is now core.lab.report.page.Section"):
        assert core.lab.report.Section
    with pytest.raises(ImportError):
        from core.lab.report import NoSuchName  # noqa: F401
