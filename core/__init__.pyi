from core.convolution import Conv2d as Conv2d, Flatten as Flatten, MaxPool2d as MaxPool2d
from core.ensembles import EnsembleLinear as EnsembleLinear
from core.flops import flops as flops
from core.initializers import (
    Array as Array,
    Initializer as Initializer,
    glorot as glorot,
    he as he,
    orthogonal as orthogonal,
    zeros as zeros,
)
from core.layer import Back as Back, Layer as Layer, Places as Places, Rng as Rng
from core.layers import (
    Dropout as Dropout,
    Embedding as Embedding,
    LayerNorm as LayerNorm,
    Linear as Linear,
    Rescale as Rescale,
    RMSNorm as RMSNorm,
    activation as activation,
    gelu as gelu,
    identity as identity,
    leaky_relu as leaky_relu,
    relu as relu,
    sigmoid as sigmoid,
    softplus as softplus,
    step as step,
    tanh as tanh,
)
from core.losses import (
    Loss as Loss,
    binary_cross_entropy as binary_cross_entropy,
    check_shapes as check_shapes,
    cross_entropy as cross_entropy,
    difference as difference,
    flat_label_index as flat_label_index,
    hinge as hinge,
    huber as huber,
    log_softmax as log_softmax,
    mse as mse,
    pinball as pinball,
    plain_cross_entropy as plain_cross_entropy,
    poisson as poisson,
    softmax as softmax,
    weighted as weighted,
)
from core.network import (
    MLP as MLP,
    Concat as Concat,
    Parts as Parts,
    Residual as Residual,
    Sequential as Sequential,
    chain as chain,
)
from core.optimizers import (
    SGD as SGD,
    Adam as Adam,
    AdamW as AdamW,
    Momentum as Momentum,
    Optimizer as Optimizer,
    RMSProp as RMSProp,
    Schedule as Schedule,
    average as average,
    clip_norm as clip_norm,
    constant as constant,
    cosine as cosine,
    linear as linear,
    warm_up as warm_up,
)

__all__: list[str]
