"""Trivium: the shared core. A network is one function of its input and of one flat vector of parameters.

`from core import MLP, Adam, cross_entropy`: each name is loaded when it is asked for.
"""

from importlib import import_module

_HOMES = {
    "layers": "Layer Linear LayerNorm RMSNorm Dropout Embedding "
    "identity relu leaky_relu gelu softplus tanh sigmoid step",
    "network": "MLP Sequential Residual Concat chain",
    "losses": "cross_entropy mse huber hinge binary_cross_entropy softmax log_softmax",
    "optimizers": "SGD Momentum RMSProp Adam AdamW clip_norm constant linear cosine warm_up",
    "initializers": "he glorot orthogonal zeros",
    "gradcheck": "directional_error layer_errors",
    "checkpoint": "save load",
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names.split()}
__all__ = list(_WHERE)


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    return getattr(import_module(f"core.{_WHERE[name]}"), name)
