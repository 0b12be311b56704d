"""Films of agents: GIFs that Pillow can read, small, and none where nothing can be drawn."""

import signal

import gymnasium
import numpy as np
import pytest
from grid_world import GridWorld
from PIL import Image
from toy_environments import Three

from core.lab.envs.film import film
from core.lab.errors import Stopped


def left(obs):
    return np.zeros(len(obs), int)


def right(obs):
    return np.ones(len(obs), int)


def test_film_shows_both_policies_in_every_frame(tmp_path):
    pytest.importorskip("pygame")
    path = tmp_path / "agent.gif"
    assert film("CartPole-v1", {"left": left, "right": right}, path, 3, frames=12, every=2) is None
    assert path.stat().st_size < 300_000
    with Image.open(path) as gif:
        assert gif.n_frames == 12
        frames = []
        for k in (0, 4):
            gif.seek(k)
            frames.append(np.asarray(gif.convert("L"), int))
    width = frames[0].shape[1] // 2
    begin, later = [[frame[30:, :width], frame[30:, width:]] for frame in frames]  # below the captions
    assert abs(begin[0] - begin[1]).max() < 32  # the same start
    assert abs(later[0] - later[1]).max() > 64  # and not the same way on
    assert abs(later[0] - begin[0]).max() > 64


def test_a_few_pixels_stay_pixels(tmp_path):
    assert film(GridWorld, {"left": left}, tmp_path / "agent.gif", 3, frames=2) is None
    with Image.open(tmp_path / "agent.gif") as gif:
        brightest = np.asarray(gif.convert("RGB"))[40:].max(-1)  # below the caption
    assert len(np.unique(brightest)) <= 3  # ground, wall, and what moves, with nothing between them


def test_no_film_where_nothing_can_be_drawn(tmp_path):
    told = film(Three, {"left": left}, tmp_path / "agent.gif", 0)
    assert told.startswith("no film: ")
    assert "\n" not in told
    assert not list(tmp_path.iterdir())


def test_a_stop_is_no_reason_to_have_no_film(tmp_path):
    class Stops(gymnasium.Env):
        observation_space, action_space = gymnasium.spaces.Box(-1, 1, (1,)), gymnasium.spaces.Discrete(2)
        render_mode = "rgb_array"

        def reset(self, *, seed=None, options=None):
            raise Stopped(signal.SIGTERM)

    with pytest.raises(Stopped):
        film(Stops, {"agent": left}, tmp_path / "agent.gif", 0)
