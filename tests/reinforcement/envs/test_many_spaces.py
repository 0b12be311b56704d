"""Actions of several choices and numbers, masks of what is allowed, pictures, frames: each against a slow oracle."""

import copy
import itertools
import json
from typing import ClassVar

import gymnasium as gym
import numpy as np
import pytest
from going_on import same_after_resuming
from grid_world import LIMIT, GridWorld, best_return
from gymnasium import spaces

from core import MLP, checkpoint, log_softmax
from core.gradcheck import directional_error
from core.lab.cli import main
from core.lab.envs.rollout import rollout
from core.lab.envs.units import observed
from core.lab.errors import Refusal
from core.lab.runs.run import prepare, start
from core.lab.vision.photos import Photo
from reinforcement.distributions import epsilon_greedy_logits, factored, gaussian
from reinforcement.dqn import DQN
from reinforcement.envs.remembered import from_plain
from reinforcement.networks import Masked, picture_network
from reinforcement.ppo import PPO, ppo_loss
from reinforcement.running_stats import RunningMeanStd
from reinforcement.sac import SAC
from reinforcement.tasks import env as task

PLANE = spaces.Box(-2, 2, (2,), np.float32)
PICTURE = spaces.Box(0, 255, (6, 5, 3), np.uint8)


class Kinds(gym.Env):
    """Episodes of four steps in spaces of any kind; `masks` says which options are allowed, and how it is said."""

    metadata: ClassVar = {"render_modes": []}

    def __init__(self, seen=PLANE, actions=None, masks=None, by="info"):
        self.observation_space, self.action_space = copy.deepcopy(seen), actions or spaces.Discrete(3)
        self.masks, self.taken = masks, []
        if by == "method":
            self.action_masks = lambda: self.masks(self.t)
        self.by = by

    def info(self):
        return {"action_mask": self.masks(self.t)} if self.masks and self.by == "info" else {}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(int(self.np_random.integers(1 << 30)))
        self.t = 0
        return self.observation_space.sample(), self.info()

    def step(self, action):
        assert self.action_space.contains(action), f"{action!r} is not in {self.action_space}"
        if self.masks:
            allowed = self.masks(self.t)
            given = np.ravel(action) if isinstance(allowed, tuple) else [action - self.action_space.start]
            assert all(
                row[a] for row, a in zip(allowed if isinstance(allowed, tuple) else [allowed], given, strict=True)
            )
        self.t += 1
        return self.observation_space.sample(), 1.0, self.t == 4, False, self.info()


@pytest.fixture
def world():
    """Registers an environment as Test/Kinds-v0, for one test."""

    def register(kind=Kinds, **options):
        gym.registry.pop("Test/Kinds-v0", None)
        limit = {"max_episode_steps": LIMIT} if kind is GridWorld else {}
        gym.register("Test/Kinds-v0", entry_point=kind, kwargs=options, **limit)
        return "Test/Kinds-v0"

    yield register
    gym.registry.pop("Test/Kinds-v0", None)


def learner(name, seed=0, **options):
    options = {"timesteps": 64, "envs": 2, "rollout": 16, "episodes": 2, "hidden": 8, **options}
    return task.make(task.Config(id=name, **options), np.random.default_rng(seed), None)


MIXED = spaces.Dict(
    b=spaces.MultiDiscrete([2, 4]), a=spaces.Tuple([spaces.Box(-3, 7, (2,)), spaces.Discrete(3, start=5)])
)
ACTIONS = {  # a space, and the learners that can learn it
    "several": (spaces.MultiDiscrete([3, 2]), ("ppo", "dqn")),
    "several from": (spaces.MultiDiscrete([3, 2], start=[1, -4]), ("ppo", "dqn")),
    "square": (spaces.MultiDiscrete([[3, 2], [2, 2]]), ("ppo", "dqn")),
    "bits": (spaces.MultiBinary(3), ("ppo", "dqn")),
    "many bits": (spaces.MultiBinary(20), ("ppo",)),
    "whole numbers": (spaces.Box(np.array([0, -1]), np.array([2, 1]), dtype=np.int64), ("ppo", "dqn")),
    "one in a tuple": (spaces.Tuple([spaces.Discrete(3, start=1)]), ("ppo", "dqn")),
    "mixed": (MIXED, ("ppo",)),
    "mixed, one border": (spaces.Tuple([spaces.Discrete(2), spaces.Box(0, np.inf, (1,))]), ("ppo",)),
    "boxes": (spaces.Dict(a=spaces.Box(0, 1, (1,)), b=spaces.Box(-3, 3, (2, 1), np.float64)), ("ppo", "sac")),
}


@pytest.mark.parametrize("case", ACTIONS)
def test_actions_of_every_kind_arrive_within_their_space(case, world):
    space, fitting = ACTIONS[case]
    name = world(actions=space)
    for kind in ("ppo", "dqn", "sac"):
        extra = {"learning_starts": 16, "batches": 1} if kind == "sac" else {}
        if kind not in fitting:
            with pytest.raises(ValueError, match=f"(?s){kind} does not learn such actions .* --learner {fitting[0]}"):
                learner(name, learner=kind)
            continue
        agent = learner(name, learner=kind, **extra)  # Kinds itself asserts that its space contains them
        agent.update()
        assert agent.evaluate()["val_return"] == 4
        said = agent.predict(agent.w, np.zeros((3, 2)))
        assert len(said) == 3
        plain = json.loads(json.dumps(said.tolist()))
        if isinstance(space, spaces.Dict):
            assert plain[0].keys() == space.keys()
        else:
            assert isinstance(space, spaces.Tuple) or np.shape(plain[0]) == np.shape(space.sample())


def test_the_learner_is_picked_by_the_spaces(world):
    boxes = ACTIONS["boxes"][0]
    for seen, actions, kind in (
        (spaces.Discrete(4), spaces.MultiDiscrete([2, 2]), PPO),
        (spaces.Discrete(4), spaces.MultiDiscrete([4]), DQN),
        (PLANE, boxes, SAC),
        (PICTURE, boxes, PPO),
        (PLANE, MIXED, PPO),
    ):
        assert type(learner(world(seen=seen, actions=actions))) is kind


@pytest.mark.parametrize(("sizes", "N"), [((3, 2, 4), 0), ((2, 2), 3), ((5,), 1)])
def test_a_factored_policy_is_the_sum_of_its_parts(sizes, N):
    rng = np.random.default_rng(0)
    family, S = factored(sizes, N), sum(sizes)
    y = rng.standard_normal((6, S + 2 * N))
    action = np.concatenate([rng.integers(sizes, size=(6, len(sizes))), rng.standard_normal((6, N))], -1)
    log_p, H, back = family.density(y, action)
    edges = [0, *np.cumsum(sizes)]
    for i in range(6):
        parts = [log_softmax(y[i, a:b]) for a, b in itertools.pairwise(edges)]
        of_numbers, spread, _ = gaussian(y[i, S:], action[i, len(sizes) :])
        assert log_p[i] == pytest.approx(sum(p[int(c)] for p, c in zip(parts, action[i], strict=False)) + of_numbers)
        assert H[i] == pytest.approx(sum(-np.exp(p) @ p for p in parts) + spread)
        assert family.best(y)[i, : len(sizes)].tolist() == [int(p.argmax()) for p in parts]
    dl, dh = rng.standard_normal(6), 0.3

    def f(v):
        one, two, _ = family.density(v.reshape(y.shape), action)
        return float(dl @ one + dh * two.sum())

    assert directional_error(f, y.ravel(), back(dl, dh).ravel(), rng) < 1e-7
    drawn = family.draw(rng, np.repeat(y[:1], 20_000, 0))
    for k, (a, b) in enumerate(itertools.pairwise(edges)):
        shares = np.bincount(drawn[:, k].astype(int), minlength=b - a) / len(drawn)
        np.testing.assert_allclose(shares, np.exp(log_softmax(y[0, a:b])), atol=0.02)


def test_masked_actions_have_probability_and_gradient_zero():
    rng = np.random.default_rng(0)
    net = Masked(MLP(4, 6, 3 + 1), 4, 3)  # three logits and a value
    w = net.init(rng, np.float64)
    allowed = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 1], [1, 1, 0], [1, 0, 0]])
    x = np.concatenate([rng.standard_normal((5, 4)), allowed], -1)
    y, back = net(x, w)
    p = np.exp(log_softmax(y[:, :3]))
    assert (p[allowed == 0] == 0).all()
    plain = MLP(4, 6, 4)(x[:, :4], w)[0]
    for i in range(5):  # the softmax of those that are allowed alone
        np.testing.assert_allclose(p[i, allowed[i] == 1], np.exp(log_softmax(plain[i, :3][allowed[i] == 1])))
        np.testing.assert_allclose(y[i, 3], plain[i, 3])
    action, old, A, target = np.array([2, 2, 1, 0, 0]), np.full(5, -1.0), rng.standard_normal(5), np.zeros(5)
    loss, dy = ppo_loss(y, action, old, A, target, 0.2, 0.5, 0.1)
    assert np.isfinite(loss)
    assert (dy[:, :3][allowed == 0] == 0).all()
    g = np.empty_like(w)
    back(dy, g)
    assert (
        directional_error(lambda v: ppo_loss(net(x, v)[0], action, old, A, target, 0.2, 0.5, 0.1)[0], w, g, rng) < 1e-6
    )
    shares = np.exp(epsilon_greedy_logits(y[:, :3], 0.3))
    assert (shares[allowed == 0] == 0).all()
    np.testing.assert_allclose(shares.sum(-1), 1)
    np.testing.assert_allclose(np.sort(shares[3]), [0, 0.15, 0.85])  # 0.3 over the two that are allowed


def odd_steps(t):
    return np.array([1, 0, 1], np.int8) if t % 2 else np.array([0, 1, 0], np.int8)


MASKS = {
    "info": ({"masks": odd_steps}, ("ppo", "dqn")),
    "method": ({"masks": odd_steps, "by": "method", "actions": spaces.Discrete(3, start=2)}, ("ppo", "dqn")),
    "several": (
        {"masks": lambda t: (np.array([1, 0, 1]), np.array([0, 1])), "actions": spaces.MultiDiscrete([3, 2])},
        ("ppo", "dqn"),
    ),
    "none at the end": ({"masks": lambda t: odd_steps(t) * (t < 4)}, ("dqn",)),
    "pictures": ({"masks": odd_steps, "seen": PICTURE}, ("ppo", "dqn")),
}


@pytest.mark.parametrize("case", MASKS)
def test_what_is_not_allowed_is_never_done(case, world):
    options, kinds = MASKS[case]
    name = world(**options)
    for kind in kinds:
        few = {"epochs": 2} if kind == "ppo" else {"batches": 2}
        agent = learner(name, learner=kind, **few)
        for _ in range(2):  # Kinds itself asserts that what is done is allowed
            agent.update()
        agent.evaluate()
        agent.report(agent.weights, None)  # the random policy too
        same_after_resuming(learner(name, learner=kind, **few), learner(name, 1, learner=kind, **few), 1, 1)
    with pytest.raises(Refusal, match="failed at step"):
        learner(name, learner=kind, action_masks="off").update()


def test_dqn_s_target_is_the_best_that_is_allowed(world):
    agent = learner(world(masks=odd_steps), learner="dqn")
    agent.update()
    agent.old[:] = agent.net.init(np.random.default_rng(5))
    _, _, G, D, next_obs = agent.replay.draw(agent.rng, 12)
    inner = MLP(2, 8, 8, 3)
    new, old = (inner(next_obs[:, :2], v)[0] for v in (agent.w, agent.old))
    for i, told in enumerate(agent.target(G, D, next_obs)):
        allowed = np.flatnonzero(next_obs[i, 2:])
        assert told == pytest.approx(G[i] + D[i] * old[i, max(allowed, key=lambda a: new[i, a])], rel=1e-5)


@pytest.mark.parametrize(
    ("masks", "says"),
    [
        (lambda t: np.ones(2) if t == 2 else np.ones(3), "an action mask of 2 numbers, but its actions have 3 options"),
        (lambda t: np.zeros(3) if t == 2 else np.ones(3), "a mask that allows no action|allows no action, though"),
        (
            lambda t: None if t == 2 else np.ones(3),
            "gave no action mask, though it gave one before: --action-masks off",
        ),
        (lambda t: "all" if t == 2 else np.ones(3), "an action mask of 1 numbers"),
    ],
)
def test_a_mask_that_is_none_is_one_line(masks, says, world, tmp_path, capsys):
    flags = ["--id", world(masks=masks), "--timesteps", "64", "--envs", "2", "--episodes", "2", "--hidden", "4"]
    assert main(["run", "env", *flags, "--out", str(tmp_path / "run")]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert says.split("|")[-1] in last
    assert "at step 2" in last


def test_taxi_masks_what_would_not_move():
    agent = learner("Taxi-v4")
    assert agent.envs.obs.shape == (2, 500 + 6)
    steps = rollout(agent.envs, lambda obs: agent.act(agent.w, obs, 1.0, agent.rng), 30)
    moved = (steps.obs[..., :500] != steps.next_obs[..., :500]).any(-1)
    assert (moved | steps.end)[steps.valid].all()  # which Taxi says of its mask
    assert learner("Taxi-v4", action_masks="off").envs.obs.shape == (2, 500)


def grid(world, **options):
    name = world(GridWorld, **options)
    flags = {"timesteps": 6144, "envs": 16, "rollout": 32, "epochs": 4, "lr": 3e-3, "gamma": 0.9, "hidden": 64}
    return lambda seed=0, **more: learner(name, seed, **{**flags, "episodes": 100, **more})


def test_ppo_learns_a_grid_world_out_of_its_pixels(world):
    make, best = grid(world, goal=(1, 5)), best_return((1, 5))
    agent = make()
    assert agent.envs.obs.dtype == np.uint8
    assert agent.evaluate()["val_return"] < 0.5 * best
    for _ in range(8):
        agent.update()
    again = make(seed=1)  # goes on from what was saved, to the same end
    again.w[:] = agent.w
    again.load({name: array.copy() for name, array in agent.state().items()})
    while agent.progress < 1:
        assert agent.update() == again.update()
    assert checkpoint.sha256(agent.w) == checkpoint.sha256(again.w)
    assert checkpoint.digest(agent.state(), {}) == checkpoint.digest(again.state(), {})
    report = again.report(again.weights, None)
    assert 0.9 * best <= report.metrics["test_return"] <= best + 0.05
    assert report.chance < 0.3


def test_pictures_are_seen_in_every_form(world):
    rng = np.random.default_rng(0)
    x = rng.integers(256, size=(2, 6, 5, 3), dtype=np.uint8)
    for shape, view in (
        ((6, 5, 3), lambda x: x),
        ((3, 6, 5), lambda x: np.moveaxis(x, -1, 1)),
        ((6, 5), lambda x: x[..., 0]),
        ((6, 5, 1), lambda x: x[..., :1]),
    ):
        space = spaces.Box(0, 255, shape, np.uint8)
        agent = learner(world(seen=space), learner="ppo")
        C = 1 if 3 not in shape else 3
        assert observed(agent.envs, view(x)).tolist() == x[..., :C].reshape(2, -1).tolist()
        assert agent.net.parts[0].parts[0].op == "to_picture"
        agent.update()
        frames = learner(world(seen=space), learner="ppo", frames=2)
        stack = np.stack([view(x), view(x[::-1])], 1)  # 2, frames, ...
        shown = observed(frames.envs, stack).reshape(2, 6, 5, 2, C)
        assert shown.tolist() == np.stack([x[..., :C], x[::-1, ..., :C]], 3).tolist()
        assert observed(frames.envs, view(x))[0].tolist() == x[0, ..., None, :C].repeat(2, 2).ravel().tolist()
    name = world(seen=PICTURE)
    same_after_resuming(*(learner(name, seed, learner="ppo", frames=3) for seed in (0, 1)), 1, 1)
    grey = learner(name, learner="dqn", grayscale=True, side=5)
    assert grey.envs.obs.shape == (2, 25)
    grey.update()
    flat = np.full((1, 6, 5, 3), 100, np.uint8)
    assert set(observed(grey.envs, flat).ravel()) <= {99, 100}
    assert observed(agent.envs, Photo(np.zeros((6, 5, 3), np.uint8) + 200)).tolist() == [[200] * 30]


@pytest.mark.parametrize(
    ("options", "flags", "says"),
    [
        ({}, {"network": "conv"}, "--network conv needs pictures, and the observations of Test/Kinds-v0 are Box"),
        ({}, {"grayscale": True}, "--grayscale needs pictures"),
        ({"seen": PICTURE, "actions": PLANE}, {"learner": "sac", "network": "conv"}, "which ppo and dqn have"),
        ({"seen": PICTURE}, {"grayscale": True, "network": "mlp"}, "--grayscale needs a convolutional network"),
        ({"seen": PICTURE}, {"side": 4}, "side must be from 5 to 256, not 4"),
        ({"seen": PICTURE}, {"frames": 65}, "frames must be from 1 to 64, not 65"),
        ({"seen": spaces.Box(0, 1, (60_000,))}, {"frames": 40}, "rows of 2,400,000 numbers"),
    ],
)
def test_what_is_no_picture_is_one_line(options, flags, says, world):
    with pytest.raises(ValueError, match=says) as error:
        learner(world(**options), **flags)
    assert "\n" not in str(error.value)


def test_weights_that_are_judged_take_bytes_as_they_come():
    """Means of a colour within a row of pixels, and a mask behind them that stays as it is."""
    rng = np.random.default_rng(0)
    stats = RunningMeanStd(3, 6 * 5 * 3)
    x = np.concatenate([rng.integers([0, 50, 200], [9, 90, 256], (40, 30, 3)).reshape(40, -1), np.ones((40, 2))], -1)
    stats.add(x[:25])
    stats.add(x[25:])
    np.testing.assert_allclose(stats.mean, x[:, :90].reshape(-1, 3).mean(0))
    np.testing.assert_allclose(stats.var, x[:, :90].reshape(-1, 3).var(0))
    assert (stats(x)[:, 90:] == 1).all()
    nets = [Masked(picture_network(6, 5, 3, 4, O), 90, S) for O, S in ((2, 2), (1, 0))]
    w = np.concatenate([net.init(rng, np.float64) for net in nets])
    folded = stats.folded(w, *nets)
    a = nets[0].size
    for net, part in ((nets[0], slice(a)), (nets[1], slice(a, None))):
        np.testing.assert_allclose(net(stats(x), w[part])[0], net(x, folded[part])[0], rtol=1e-4, atol=1e-4)


def test_an_observation_is_asked_as_a_line_of_json(world, tmp_path, capsys):
    space = spaces.Dict(place=PLANE, room=spaces.Tuple([spaces.Discrete(3, start=1), spaces.MultiBinary(2)]))
    folder, lines = str(tmp_path / "run"), tmp_path / "x.jsonl"
    tiny = {"timesteps": 32, "envs": 2, "episodes": 2, "hidden": 4, "rollout": 8}
    quick = prepare("env", "default", {"id": world(seen=space, actions=MIXED), **tiny}, 0, None)
    start(quick, tmp_path / "run", pictures=False)
    rows = [{"place": [0.5, -1], "room": [3, [1, 0]]}, {"room": [1, [0, 0]], "place": [2, 2]}]
    gym.registry.pop("Test/Kinds-v0")  # the folder alone answers
    lines.write_text("\n".join(map(json.dumps, rows)) + "\n")
    (tmp_path / "x.csv").write_text("0.5,-1,3,1,0\n2,2,1,0,0\n")
    told = []
    for file in lines, tmp_path / "x.csv":
        assert main(["predict", folder, str(file), "--json"]) == 0
        told.append([one["answer"] for one in json.loads(capsys.readouterr().out)["answers"]])
    assert told[0] == told[1]
    assert [set(one) for one in told[0]] == [{"a", "b"}] * 2
    for text, says in (
        ('{"place": [0, 0]}', "has the parts place, room, but this is"),
        ('{"place": [0], "room": [1, [0, 0]]}', r"[0] is not among the observations"),
        ('{"place": [0, 0], "room": [0, [0, 0]]}', "0 is not among"),
        ("[1, 2", "its line 1 is no JSON"),
    ):
        lines.write_text(text)
        assert main(["predict", folder, str(lines)]) == 2
        assert says in capsys.readouterr().err


REMEMBERED = {
    "numbers": {"seen": spaces.Box(np.array([-np.inf, 0, -3]), np.array([5, 1e31, 3]), dtype=np.float64)},
    "ids": {"seen": spaces.Discrete(4, start=2), "masks": odd_steps},
    "pictures": {"seen": PICTURE, "masks": odd_steps},
    "parts": {"seen": spaces.Dict(b=PLANE, a=spaces.Tuple([spaces.MultiBinary(2)])), "actions": MIXED},
    "whole numbers": {"seen": spaces.Box(np.iinfo(np.int64).min, np.iinfo(np.int64).max, (2,), np.int64)},
    "boxes": {"actions": ACTIONS["boxes"][0]},
}


@pytest.mark.parametrize("case", REMEMBERED)
def test_an_agent_answers_without_its_environment(case, world):
    config = task.Config(id=world(**REMEMBERED[case]), timesteps=32, envs=2, hidden=4)
    agent = task.make(config, np.random.default_rng(0), None)
    facts = json.loads(json.dumps(agent.prediction(), allow_nan=False))
    space = agent.envs.single().unwrapped.observation_space
    space.seed(0)
    asked = (
        np.array([flat(space.sample()) for _ in range(20)]) if case != "whole numbers" else np.arange(40).reshape(20, 2)
    )
    gym.registry.pop("Test/Kinds-v0")
    again = task.predictor(config, facts)
    assert again.net.layout == agent.net.layout
    w = np.random.default_rng(1).standard_normal(agent.w.shape).astype(np.float32)
    assert again.predict(w, asked).tolist() == agent.predict(w, asked).tolist()
    assert np.array_equal(*(one.logits(w, observed(one.envs, asked)) for one in (again, agent)))


def flat(obs):
    parts = obs.values() if isinstance(obs, dict) else obs if isinstance(obs, tuple) else None
    return np.ravel(obs) if parts is None else np.concatenate([flat(part) for part in parts])


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "Box", "shape": [1 << 20, 1 << 20], "dtype": "float32", "low": 0, "high": 1},
        {"kind": "Box", "shape": [2], "dtype": "object", "low": 0, "high": 1},
        {"kind": "Graph", "shape": [2], "dtype": "float32"},
        {"kind": "MultiBinary", "shape": [-2]},
        {"kind": "Box"},
    ],
)
def test_a_space_that_no_one_told_is_refused(told):
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_plain(told)
