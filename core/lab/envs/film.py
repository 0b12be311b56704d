"""Films of an agent: a GIF through Pillow, drawn without a screen."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.lab import Report
from core.lab.envs.rollout import Policy
from core.lab.guard import said
from core.lab.report.gif import write_gif


def film(
    env: str | Callable[[], Any],
    policies: Mapping[str, Policy],
    path: Path,
    first: int,
    frames: int = 100,
    every: int = 4,
    height: int = 130,
    colors: int = 16,
) -> str | None:
    """A GIF of policies side by side, each with its return so far; every `every`-th step is a frame.

    `env` is a name, or makes an environment that renders as "rgb_array". Returns None, or why there is no film.
    """
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # pygame needs no screen
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import gymnasium as gym

        rows = []
        for name, policy in policies.items():
            one = gym.make(env, render_mode="rgb_array") if isinstance(env, str) else env()
            rows.append(list(_frames(one, name, policy, first, frames, every, height)))
            one.close()
    except Exception as error:
        return f"no film: {error if type(error) is ValueError else said(error)}".partition("\n")[0]
    write_gif(path, [np.concatenate(side, 1) for side in zip(*rows, strict=True)], every * 20, colors)
    return None


def add_film(
    made: Report, folder: Path, env: str | Callable[[], Any], policies: Mapping[str, Policy], first: int, caption: str
) -> None:
    """A film as the picture agent.gif of a report; or, as a text, why there is none."""
    if trouble := film(env, policies, folder / "agent.gif", first):
        made.texts["Film"] = trouble
    else:
        made.pictures["agent.gif"] = caption


def _frames(env: Any, name: str, policy: Policy, first: int, frames: int, every: int, height: int) -> Iterator[Array]:
    """Frames (height, W, 3) of episodes one after another, captioned."""
    from PIL import Image, ImageDraw

    obs, total, episode = env.reset(seed=first)[0], 0.0, 0
    for k in range(frames * every):
        if k % every == 0:
            picture = Image.fromarray(env.render())
            way = Image.Resampling.NEAREST if picture.height < height else None  # a few pixels stay pixels
            picture = picture.resize((round(picture.width * height / picture.height), height), way)
            # black with a white rim can be read on any ground
            ImageDraw.Draw(picture).text(
                (6, 4), f"{name}, episode {episode + 1}: {total:.0f}", "black", stroke_width=1, stroke_fill="white"
            )
            yield np.asarray(picture)
        obs, reward, terminated, truncated, _ = env.step(policy(np.atleast_1d(obs)[None])[0])
        total += float(reward)
        if terminated or truncated:
            episode += 1
            obs, total = env.reset(seed=first + episode)[0], 0.0
