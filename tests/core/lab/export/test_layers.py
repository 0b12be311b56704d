"""Every layer that an export can say answers the same in ONNX, in NumPy alone and, where it is a module, in PyTorch."""

import importlib.util
import json

import numpy as np
import pytest

import core
from core import Concat, Conv2d, Dropout, Embedding, Flatten, Layer, LayerNorm, Linear, MaxPool2d, Residual, RMSNorm
from core.ensembles import EnsembleLinear
from core.lab.errors import Refusal
from core.lab.export import numpy_source, safetensors
from core.lab.export.graph import graph_of
from core.lab.export.write import difference
from core.lab.signature import Choice, Classes, Features, Ids, Labels, Numbers, Pixels, Signature, Values
from core.lab.text.window_model import TokenDropout
from core.network import MLP, Sequential
from reinforcement.distributions import with_spread
from reinforcement.envs.toy_text import one_hot
from reinforcement.networks import to_picture
from supervised.audio.tdnn import TDNN
from supervised.vision.convnet import ConvNet, ToImage
from unsupervised.clustering.autoencoder_clusterer import Gaussians
from unsupervised.clustering.dec import Centres

ABOUT = {"task": "toy", "about": 'A "toy" \\ of layers.', "w_sha256": "0"}
RGB = Pixels((9, 9, 3))
AFFINE = Layer(
    lambda x, w, rng: (2 * x + 1, None), op="affine", constants={"scale": np.full(2, 2), "shift": np.ones(2)}
)
ACTIVATIONS = "identity", "relu", "sigmoid", "tanh", "gelu", "softplus", "step"
CASES = {  # name: inputs, network, and whether it is a chain of PyTorch's modules
    **{name: (Features((5,)), Sequential(Linear(5, 4), getattr(core, name)), name != "step") for name in ACTIVATIONS},
    "leaky_relu": (Features((5,)), Sequential(Linear(5, 4, bias=False), core.leaky_relu(0.2)), True),
    "layer_norm": (Features((5,)), Sequential(Linear(5, 6), LayerNorm(6), Dropout(0.1), Linear(6, 2)), True),
    "rms_norm": (Features((5,)), Sequential(RMSNorm(5), Linear(5, 2)), True),
    "rescale": (Features((3,)), Sequential(core.Rescale(np.arange(3), np.array([2, 3, 4])), Linear(3, 2)), True),
    "affine": (Features((2,)), Sequential(AFFINE, Linear(2, 2)), True),
    "one_hot": (Ids(1, tuple(map(str, range(6)))), Sequential(one_hot(2, 3), Linear(5, 2)), False),
    "gaussians": (Features((3,)), Gaussians(3, 4), False),
    "student_t": (Features((3,)), Centres(3, 4), False),
    "picture": (Features((24,)), Sequential(to_picture(4, 3, 2), Conv2d(2, 3, 2, 1, "valid"), Flatten()), False),
    "frame": (Pixels((5, 5)), Sequential(ToImage(5, 1, 8), Conv2d(1, 2, 3), Flatten(), Linear(128, 2)), True),
    "embedding": (Ids(3, tuple("abcd")), Sequential(TokenDropout(0.1, 0.1), Embedding(4, 5), Linear(15, 2)), True),
    "residual": (Features((4,)), Residual(Sequential(Linear(4, 4), core.tanh)), False),
    "concat": (Features((4,)), Concat(MLP(4, 3, 2), Sequential(Linear(4, 1), core.relu)), False),
    "constant": (Features((4,)), with_spread(MLP(4, 3, 2), 2), False),
    "members": (Features((4,)), MLP(4, 6, 3, members=3), False),
    "ensemble": (Features((4,)), EnsembleLinear(2, 4, 3, bias=False), False),
    "tdnn": (Features((20, 4)), TDNN(4, 6, 3, members=2), False),
    "convnet": (Pixels((8, 8)), ConvNet((8, 8), 4, 3, depth=2), False),
    "conv": (
        RGB,
        Sequential(ToImage(9, 3), Conv2d(3, 4, 2), MaxPool2d(3, 2), Conv2d(4, 5, 3, 2, 1), Flatten(), Linear(20, 2)),
        True,
    ),
    "valid": (RGB, Sequential(ToImage(9, 3), Conv2d(3, 2, 4, 3, "valid", bias=False), Flatten(), Linear(8, 2)), True),
}


def signature(inputs, net, outputs=None):
    """Of a network with random weights, none of them 0."""
    w = net.init(np.random.default_rng(1)) + np.random.default_rng(2).normal(0, 0.1, net.size).astype(np.float32)

    def ask(x):
        y = net(x, w)[0]
        return y.mean(0) if y.ndim == 3 else y

    return Signature(inputs, net, w, outputs or Values(), ask)


def by_numpy(found, folder):
    """The written file of NumPy, imported."""
    path = folder / "toy.py"
    weights = numpy_source.write(path, graph_of(found), ABOUT)
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 80
    assert "import core" not in text
    assert "from core" not in text
    assert weights.name in text
    spec = importlib.util.spec_from_file_location("toy", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda given: module.answer(next(iter(given.values())))


@pytest.mark.parametrize("name", CASES)
def test_numpy_answers_the_same(name, tmp_path):
    inputs, net, _ = CASES[name]
    found = signature(inputs, net)
    assert difference(by_numpy(found, tmp_path), found) < 1e-5


@pytest.mark.parametrize("name", CASES)
def test_onnx_answers_the_same(name):
    pytest.importorskip("onnx")
    from core.lab.export import onnx

    inputs, net, _ = CASES[name]
    found = signature(inputs, net)
    model = onnx.model(graph_of(found), ABOUT)
    assert model == onnx.model(graph_of(found), ABOUT)
    assert difference(onnx.runner(model)[0], found) < 1e-5


OUTPUTS = [
    Classes(tuple("abcd")),
    Labels(tuple("abcd")),
    Values(tuple("abcd"), np.arange(4.0), np.array([1, 2, 3, 4])),
    Choice(),
    Numbers(False),
    Numbers(True, 2.0, np.array([1.0, -1]), np.array([-0.5, -2]), np.array([1.5, 0])),
]


@pytest.mark.parametrize("members", [None, 3])
@pytest.mark.parametrize("outputs", OUTPUTS, ids=lambda one: type(one).__name__)
def test_the_answer_is_pooled_and_in_its_units(outputs, members, tmp_path):
    found = signature(Features((3,)), MLP(3, 5, 4, members=members), outputs)
    if members and isinstance(outputs, Classes | Labels):  # the mean of probabilities, not of logits
        exact = found.ask

        def ask(x):
            p = outputs.answer(found.net(x, found.w)[0]).mean(0)
            return np.log(p) - (np.log1p(-p) if isinstance(outputs, Labels) else 0)

        found = Signature(found.inputs, found.net, found.w, outputs, ask)
        x = found.inputs.sample(np.random.default_rng(0), 9)["x"]
        assert np.abs(outputs.answer(ask(x)) - outputs.answer(exact(x))).max() > 1e-3
    runs = [by_numpy(found, tmp_path)]
    if importlib.util.find_spec("onnx"):
        from core.lab.export import onnx

        runs.append(onnx.runner(onnx.model(graph_of(found), ABOUT))[0])
    for run in runs:
        assert difference(run, found) < 1e-5
        given = found.inputs.sample(np.random.default_rng(3), 20)
        y = outputs.answer(found.ask(given["x"]))
        if isinstance(outputs, Classes | Choice):
            assert run(given)["label" if isinstance(outputs, Classes) else "action"].tolist() == y.argmax(-1).tolist()
        if isinstance(outputs, Labels):
            assert run(given)["label"].tolist() == (y > 0.5).tolist()


@pytest.mark.parametrize("name", [name for name, (_, _, chained) in CASES.items() if chained])
def test_pytorch_loads_the_weights_and_answers_the_same(name, tmp_path):
    torch = pytest.importorskip("torch")
    inputs, net, _ = CASES[name]
    found = signature(inputs, net)
    safetensors.write(tmp_path / "toy.safetensors", found, ABOUT)
    net = built(torch, tmp_path / "toy.safetensors")

    def run(given):
        x = found.inputs.examples(given)
        if isinstance(inputs, Pixels):
            x = x.reshape(len(x), *inputs.shape[:2], -1).transpose(0, 3, 1, 2).copy()
        with torch.no_grad():
            return {"value": net(torch.from_numpy(x)).numpy()}

    assert difference(run, found) < 1e-5


def built(torch, path):
    """The network of the lines in the file, with its weights."""
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        (text,) = file.metadata().values()
    lines = text.replace(repr(path.name), repr(str(path)))
    names = {}
    exec(lines, names)
    return names["net"]


def test_the_bytes_are_the_same_each_time(tmp_path):
    found = signature(Features((3,)), MLP(3, 5, 4))
    files = []
    for k in "12":
        (tmp_path / k).mkdir()
        safetensors.write(tmp_path / k / "toy.safetensors", found, ABOUT)
        numpy_source.write(tmp_path / k / "toy.py", graph_of(found), ABOUT)
        files.append([path.read_bytes() for path in sorted((tmp_path / k).iterdir())])
    assert files[0] == files[1]
    assert len(files[0]) == 3


odd = Layer(lambda x, w, rng: (x, None))
strange = Layer(lambda x, w, rng: (x, None), op="swirl")


@pytest.mark.parametrize(("net", "message"), [(odd, "the layer 1.0 says in no `op`"), (strange, "1.0 (swirl)")])
def test_a_layer_that_cannot_be_said_is_named(net, message, tmp_path):
    found = signature(Features((3,)), Sequential(Linear(3, 3), Residual(net)))
    with pytest.raises(Refusal) as caught:
        numpy_source.write(tmp_path / "toy.py", graph_of(found), ABOUT)
    assert message in str(caught.value)
    if importlib.util.find_spec("onnx"):
        from core.lab.export import onnx

        with pytest.raises(Refusal) as caught:
            onnx.model(graph_of(found), ABOUT)
        assert message in str(caught.value)


@pytest.mark.parametrize("name", [name for name, (_, _, chained) in CASES.items() if not chained])
def test_what_is_no_chain_of_modules_is_named(name, tmp_path):
    inputs, net, _ = CASES[name]
    with pytest.raises(Refusal, match=r"torch\.nn\.Sequential cannot say the layer \d+ \(\w+"):
        safetensors.write(tmp_path / "toy.safetensors", signature(inputs, net), ABOUT)
    assert not list(tmp_path.iterdir())


def test_a_network_of_too_many_lines_is_refused(tmp_path):
    deep = Sequential(*[Residual(Linear(3, 3)) for _ in range(99)])
    with pytest.raises(Refusal, match=r"more than 80: export it as \.onnx"):
        numpy_source.write(tmp_path / "toy.py", graph_of(signature(Features((3,)), deep)), ABOUT)
    by_numpy(signature(Features((3,)), MLP(*[3] * 65)), tmp_path)


def test_texts_of_the_world_stay_texts(tmp_path):
    nasty = {"task": "toy", "about": '""" + boom() + """ \\', "w_sha256": "0", "classes": json.dumps(["'''", '"\n'])}
    numpy_source.write(tmp_path / "toy.py", graph_of(signature(Features((3,)), Linear(3, 2))), nasty)
    compile((tmp_path / "toy.py").read_text("utf-8"), "toy.py", "exec")
    assert "boom" not in (tmp_path / "toy.py").read_text("utf-8").split('"""')[2]
    with np.load(tmp_path / "toy.npz", allow_pickle=False) as arrays:
        assert arrays["classes"].tolist() == ["'''", '"\n']
