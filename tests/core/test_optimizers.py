"""Optimizers, clipping, averages and schedules against known answers; against PyTorch in test_torch_twins.py."""

from __future__ import annotations

import math
import os
import threading
import time

import numpy as np
import oracles
import pytest

from core import (
    SGD,
    Adam,
    AdamW,
    LayerNorm,
    Linear,
    Momentum,
    RMSProp,
    Sequential,
    average,
    clip_norm,
    constant,
    cosine,
    linear,
    optimizers,
    warm_up,
)

NET = Sequential(Linear(3, 4), LayerNorm(4), Linear(4, 2))
MAKERS = {
    "SGD": lambda: SGD(0.1),
    "Momentum": lambda: Momentum(0.1),
    "Nesterov": lambda: Momentum(0.1, nesterov=True),
    "RMSProp": lambda: RMSProp(0.01),
    "Adam": lambda: Adam(0.01),
    "AdamW": lambda: AdamW(0.01, NET.layout, 0.1),
}
named = pytest.mark.parametrize("name", MAKERS)


def gradients(steps: int, size: int = NET.size, dtype: type = np.float32) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((steps, size)).astype(dtype)


def test_adam_against_the_equation_for_one_parameter() -> None:
    gs = gradients(7, 3, np.float64)
    w = np.array([1.0, -2.0, 0.5])
    expected = [oracles.adam(w[i], list(gs[:, i]), 0.1, 0.8, 0.95, 1e-3) for i in range(3)]
    optimizer = Adam(0.1, 0.8, 0.95, 1e-3)
    for g in gs:
        optimizer.step(w, g)
    np.testing.assert_allclose(w, expected, rtol=1e-12)


def test_first_steps_by_hand() -> None:
    g = np.array([2.0, -0.5])
    for maker, expected in {
        SGD: -0.1 * g,
        Momentum: -0.1 * g,
        Adam: [-0.1, 0.1],
        RMSProp: [-1, 1],
    }.items():
        w = np.zeros(2)
        maker(0.1).step(w, g)
        np.testing.assert_allclose(w, expected, rtol=1e-6)


@named
def test_dtype_identity_and_state_shapes(name: str) -> None:
    for dtype in np.float32, np.float64:
        optimizer, w = MAKERS[name](), np.ones(NET.size, dtype)
        held = w
        assert optimizer.state == {}
        for g in gradients(3, dtype=dtype):
            kept = g.copy()
            optimizer.step(w, g)
            assert np.array_equal(g, kept)
        assert held is w
        assert w.dtype == dtype
        for key, array in optimizer.state.items():
            assert array.shape == (() if key == "t" else w.shape)
            assert array.dtype == (np.int64 if key == "t" else dtype)


@named
def test_a_rate_is_a_factor_of_the_step_size(name: str) -> None:
    a, b = MAKERS[name](), MAKERS[name]()
    b.lr *= 0.25
    w, u = np.ones(NET.size), np.ones(NET.size)
    for g in gradients(3, dtype=np.float64):
        a.step(w, g, 0.25)
        b.step(u, g)
    np.testing.assert_allclose(w, u, rtol=1e-12)


@named
def test_going_on_from_a_saved_state_is_bit_exact(name: str) -> None:
    gs = gradients(6)
    whole, first, second = MAKERS[name](), MAKERS[name](), MAKERS[name]()
    w, u = np.ones(NET.size, np.float32), np.ones(NET.size, np.float32)
    for g in gs:
        whole.step(w, g)
    for g in gs[:3]:
        first.step(u, g)
    second.state.update({key: array.copy() for key, array in first.state.items()})
    for g in gs[3:]:
        second.step(u, g)
    assert np.array_equal(w, u)


@named
@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_neither_chunks_nor_threads_change_a_bit(name: str, threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> np.ndarray:
        optimizer, w = MAKERS[name](), np.ones(NET.size, np.float32)
        for g in gradients(3):
            optimizer.step(w, g)
        return w

    whole = run()
    monkeypatch.setattr(optimizers, "CHUNK", 5)
    monkeypatch.setattr(optimizers, "LARGE", 10)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
    assert optimizers.threads() == int(threads)
    assert np.array_equal(run(), whole)


def test_large_vectors_are_shared_among_threads_and_their_errors_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()

    def work(c: np.ndarray) -> None:
        seen.add(threading.get_ident())
        time.sleep(0.003)
        if c[-1]:
            raise ZeroDivisionError

    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    optimizers._each_chunk(work, np.zeros(optimizers.LARGE - 1, np.int8))
    assert seen == {threading.get_ident()}
    last = np.zeros(2 * optimizers.LARGE, np.int8)
    last[-1] = 1
    with pytest.raises(ZeroDivisionError):
        optimizers._each_chunk(work, last)
    assert len(seen) == 4
    for told, number in ("", None), ("nonsense", None), ("0", None), ("64", 8):
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", told)
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
        assert optimizers.threads() == (number or min(os.cpu_count() or 1, 8))


def test_adamw_decays_the_matrices_alone() -> None:
    w = np.ones(NET.size)
    AdamW(0.5, NET.layout, 0.1).step(w, np.zeros(NET.size))
    for name, view in NET.views(w).items():
        assert np.all(view == (0.95 if name.endswith("weight") else 1.0)), name


def test_clip_norm_scales_only_above_the_limit() -> None:
    g = np.array([3.0, 4.0], np.float32)
    assert clip_norm(g, 6) == 5
    assert np.array_equal(g, [3, 4])
    assert clip_norm(g, 2.5) == 5
    np.testing.assert_allclose(g, [1.5, 2])
    assert clip_norm(np.zeros(3), 1) == 0


def test_average_with_one_over_n_is_the_plain_mean() -> None:
    ws, a = gradients(10, 40000), np.zeros(40000, np.float32)
    for n, w in enumerate(ws, 1):
        average(a, w, 1 / n)
    np.testing.assert_allclose(a, ws.mean(0), atol=1e-6)
    b = np.zeros(2)
    for _ in range(3):
        average(b, np.ones(2), 0.5)
    np.testing.assert_allclose(b, 1 - 0.5**3)


def test_schedules() -> None:
    assert [constant(p) for p in (0, 0.5, 1)] == [1, 1, 1]
    assert [linear(p) for p in (0, 0.25, 1)] == [1, 0.75, 0]
    np.testing.assert_allclose([cosine(p) for p in (0, 0.25, 0.5, 1)], [1, 0.5 + math.sqrt(0.125), 0.5, 0], atol=1e-15)
    rate = warm_up(0.2, linear)
    np.testing.assert_allclose([rate(p) for p in (0, 0.1, 0.2, 0.6, 1)], [0, 0.5, 1, 0.5, 0], atol=1e-15)
    assert warm_up(0.5)(0.9) == 1
    for share in 0, 1, -0.1:
        with pytest.raises(ValueError, match="between 0 and 1"):
            warm_up(share)


@named
def test_a_quadratic_bowl_is_descended(name: str) -> None:
    optimizer, w = MAKERS[name](), np.ones(NET.size)
    scale = np.linspace(0.5, 2, NET.size)
    for k in range(600):
        optimizer.step(w, scale * w, linear(k / 600))
    assert np.abs(w).max() < 0.05


@pytest.mark.parametrize("name", MAKERS)
def test_a_gradient_of_another_length_is_refused(name: str) -> None:
    w = NET.init(np.random.default_rng(0))
    with pytest.raises(ValueError, match="of one length"):
        MAKERS[name]().step(w, np.ones(1, np.float32))
    with pytest.raises(ValueError, match="of one length"):
        average(w, np.ones(1, np.float32), 0.5)
