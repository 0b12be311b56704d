"""Trivium: the shared core. A network is one function of its input and of one flat vector of parameters.

`from core import MLP, Adam, cross_entropy`: each name is loaded when it is asked for. `__init__.pyi` tells their types.
"""

from importlib import import_module

_NAMES = {
    "layer": """
        Back Layer Places Rng
    """,
    "layers": """
        Dropout Embedding LayerNorm Linear RMSNorm Rescale activation gelu identity leaky_relu relu sigmoid softplus
        step tanh
    """,
    "network": """
        Concat MLP Parts Residual Sequential chain
    """,
    "convolution": """
        Conv2d Flatten MaxPool2d
    """,
    "flops": """
        flops
    """,
    "ensembles": """
        EnsembleLinear
    """,
    "losses": """
        Loss binary_cross_entropy check_shapes cross_entropy difference flat_label_index hinge huber log_softmax mse
        pinball plain_cross_entropy poisson softmax weighted
    """,
    "optimizers": """
        Adam AdamW Momentum Optimizer RMSProp SGD Schedule average clip_norm constant cosine linear warm_up
    """,
    "initializers": """
        Array Initializer glorot he orthogonal zeros
    """,
}
_WHERE = {name: home for home, names in _NAMES.items() for name in names.split()}
__all__ = list(_WHERE)


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"core.{_WHERE[name]}"), name)
    return value
