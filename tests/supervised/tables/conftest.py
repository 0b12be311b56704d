"""What several tests of tables need."""

import pytest

from supervised.baselines import BOOSTING, SVM
from supervised.metrics import classification, regression


@pytest.fixture
def few_baselines(monkeypatch):
    """What is set beside the network takes most of the time, and is of no account here."""
    monkeypatch.setattr(classification, "classifiers", lambda *_: {SVM: 0.5})
    monkeypatch.setattr(regression, "regressors", lambda splits, *_: {BOOSTING: 0 * splits.t_test})
    monkeypatch.setattr("supervised.tables.learner.trees", lambda *_: {})
