"""How an application is spelled in NumPy, PyTorch and JAX: the column `numpy` of the operator table, and what differs from it.

A row that is not listed under a library is spelled there as in NumPy, with the library's prefix: `np.exp(x)` is `torch.exp(x)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..graph.numpy_words import HELPERS, helpers_of, numpy_template, numpy_text
from ..graph.operators import OPS, Op
from ..graph.printing import PrintedOperand
from ..graph.shapes import Attrs, Shape


@dataclass(frozen=True)
class Library:
    """What programs for one library are made of; texts are NumPy's where `words` has no other."""

    name: str
    title: str
    prefix: str
    imports: str
    array: str  # of nested lists
    label: str  # a class label
    labels: str  # several
    whole: str  # an operand as whole numbers
    number: str  # a number, where a function takes no Python number
    setup: str = ""  # before anything is computed
    words: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)  # definitions that its texts call
    absent: frozenset[str] = frozenset()  # rows that it cannot spell
    flat: frozenset[str] = frozenset()  # those that it can for operands of no more axes than the signature names
    single: frozenset[str] = frozenset()  # those that it can along one axis

    def has(self, op: str) -> bool:
        """Whether it can spell a row without writing out what that is made of."""
        return op in self.words or bool(op not in self.absent and numpy_template(OPS[op]))

    def can(self, op: Op, shapes: Sequence[Shape], attrs: Attrs) -> bool:
        """Whether it can spell this application."""
        is_flat = all(len(shape) == len(axes) for shape, axes in zip(shapes, op.inputs, strict=False))
        is_single = not isinstance(dict(attrs).get("axis"), tuple)
        return self.has(op.name) and (is_flat or op.name not in self.flat) and (is_single or op.name not in self.single)

    def text(self, op: Op, operands: Sequence[str], shapes: Sequence[Shape], attrs: Attrs = ()) -> PrintedOperand:
        """An application; operands are put in parentheses where they must be.

        >>> LIBRARIES["torch"].text(OPS["exp"], ["x"], [()])
        'torch.exp(x)'
        """
        own = replace(op, numpy=self.words[op.name]) if op.name in self.words else op
        is_number = bool(op.text) and all(isinstance(o, Number) for o in operands)
        if self.number and not op.text:
            operands = [self.number.format(o) if isinstance(o, Number) else o for o in operands]
        found = numpy_text(own, operands, shapes, attrs)
        return (Number if is_number else PrintedOperand)(self._translated(found), found.binding)

    def definitions(self, texts: Iterable[str]) -> list[str]:
        """The definitions of the functions that these texts call, each after those it calls itself."""
        return [self._translated(text) for text in helpers_of(texts, {**HELPERS, **self.functions})]

    def _translated(self, text: str) -> str:
        return re.sub(r"(?<![\w.])np\.", f"{self.prefix}.", text)


class Number(PrintedOperand):
    """A number that stands in a program as Python writes it."""


def _definitions(source: str) -> dict[str, str]:
    return {part.partition("(")[0].removeprefix("def "): part.strip() for part in source.strip().split("\n\n\n")}


NUMPY_WORDS = {
    "where": "np.where({c:10} != 0, {a}, {b})",
}

# --- PyTorch ----------------------------------------------------------------------------------------------------------------------------

_IS = "({{a:10}} {} {{b:10}}).to(torch.result_type({{a}}, {{b}}))"
TORCH_WORDS = {
    "dpow": "torch.where({b:10} == 0, 0.0, {b:20} * {a:31} ** ({b:10} - 1.0))",
    "xlogy": "torch.xlogy({x}, {z})",
    "relu": "torch.relu({x})",
    "sigmoid": "torch.sigmoid({x})",
    "softplus": "torch.logaddexp({x}, torch.zeros_like({x}))",
    "logistic_loss": "torch.logaddexp({z}, torch.zeros_like({z})) - {z:20} * {p:21}",
    "erf": "torch.erf({x})",
    "erfc": "torch.erfc({x})",
    "leaky_relu": "torch.relu({x}) - {slope:20} * torch.relu(-{x:25})",
    "elu": "torch.nn.functional.elu({x})",
    "silu": "torch.nn.functional.silu({x})",
    "gelu": "{x:20} * torch.erfc(-{x:25} / math.sqrt(2)) / 2",
    "gelu_tanh": 'torch.nn.functional.gelu({x}, approximate="tanh")',
    "hinge": "torch.relu(1 - {m:11})",
    "step": "({x:10} > 0).to(torch.result_type({x}, 0.0))",
    "threshold": "({x:10} >= 0).to(torch.result_type({x}, 0.0))",
    "greater": _IS.format(">"),
    "at_least": _IS.format(">="),
    "less": _IS.format("<"),
    "at_most": _IS.format("<="),
    "equal": _IS.format("=="),
    "not_equal": _IS.format("!="),
    "where": "torch.where({c:10} != 0, {a}, {b})",
    "clip": "torch.clamp({x}, {low}, {high})",
    "stop_gradient": "{x:40}.detach()",
    "transpose": "{A:40}.T | torch.permute({A}, {axes})",
    "matvec": '{W:20} @ {x:21} | torch.einsum("...ij,...j->...i", {W}, {x})',
    "vecmat": '{x:20} @ {W:21} | torch.einsum("...i,...ij->...j", {x}, {W})',
    "outer": "torch.outer({a}, {b}) | {a:40}[..., :, None] * {b:40}[..., None, :]",
    "inner": "torch.sum({a:20} * {b:21})",
    "expand": "expand_dims({x}, {axis})",
    "squeeze": "torch.squeeze({x}, {axis})",
    "fill": "torch.broadcast_to({s}, torch.broadcast_shapes({s:40}.shape, {x:40}.shape))",
    "prod": "prod({x}{given})",
    "max": "torch.amax({x}{given})",
    "min": "torch.amin({x}{given})",
    "var": "torch.var({x}{given}, correction=0)",
    "std": "torch.std({x}{given}, correction=0)",
    "softmax": "torch.softmax({x}, {axis})",
    "log_softmax": "torch.log_softmax({x}, {axis})",
    "logsumexp": "logsumexp({x}, {axis}, {keepdims})",
    "pick": "{x:40}[{t}] | pick({x}, {t}, {axis})",
    "reshape_like": "torch.reshape({v}, {x:40}.shape)",
    "stack": "torch.stack([{x}], {axis}) | torch.stack(torch.broadcast_tensors({x}), {axis})",
    "concatenate": "torch.cat([{a}, {b}], {axis})",
    "trace": "torch.trace({A}) | torch.sum(torch.diagonal({A}, dim1=-2, dim2=-1), -1)",
    "diag": "torch.diagonal({A}, dim1=-2, dim2=-1)",
    "diag_embed": "torch.diag_embed({v})",
    "tril": "torch.tril({A}, {k})",
    "triu": "torch.triu({A}, {k})",
    "eye": "torch.eye({sizes}, dtype=torch.float64)",
    "ones": "torch.ones({shape}, dtype=torch.float64)",
    "zeros": "torch.zeros({shape}, dtype=torch.float64)",
    "arange": "torch.arange({sizes}, dtype=torch.float64)",
    "conv1d": "torch.nn.functional.conv1d({X}, {K}{given})",
    "conv2d": "torch.nn.functional.conv2d({X}, {K}{given})",
    "conv1d_input": "torch.nn.grad.conv1d_input((1, *{X:40}.shape), {K}, {b:40}[None]{given})[0]",
    "conv2d_input": "torch.nn.grad.conv2d_input((1, *{X:40}.shape), {K}, {b:40}[None]{given})[0]",
}
TORCH_FUNCTIONS = _definitions("""
def expand_dims(x, axis):
    for place in sorted(k % (x.ndim + len(axis)) for k in axis):
        x = x.unsqueeze(place)
    return x


def logsumexp(x, axis, keepdims):
    return torch.logsumexp(x, tuple(range(x.ndim)) if axis is None else axis, keepdims)


def prod(x, axis=None, keepdims=False):
    for k in range(-x.ndim, 0) if axis is None else axis if isinstance(axis, tuple) else (axis,):
        x = torch.prod(x, k, keepdim=True)
    return x if keepdims else torch.squeeze(x) if axis is None else torch.squeeze(x, axis)


def pick(x, t, axis):
    x, t = torch.moveaxis(x, axis, -1), torch.as_tensor(t)
    shape = torch.broadcast_shapes(x.shape[:-1], t.shape)
    return torch.take_along_dim(x.broadcast_to((*shape, x.shape[-1])), t.broadcast_to(shape)[..., None], -1)[..., 0]


def max_pool1d(X, size, stride=None, padding=0):
    Y = torch.nn.functional.max_pool1d(X.reshape(1, -1, *X.shape[-1:]), size, stride, padding)
    return Y.reshape(*X.shape[:-1], *Y.shape[-1:])


def max_pool2d(X, size, stride=None, padding=0):
    Y = torch.nn.functional.max_pool2d(X.reshape(1, -1, *X.shape[-2:]), size, stride, padding)
    return Y.reshape(*X.shape[:-2], *Y.shape[-2:])


def avg_pool1d(X, size, stride=None, padding=0):
    Y = torch.nn.functional.avg_pool1d(X.reshape(1, -1, *X.shape[-1:]), size, stride, padding)
    return Y.reshape(*X.shape[:-1], *Y.shape[-1:])


def avg_pool2d(X, size, stride=None, padding=0):
    Y = torch.nn.functional.avg_pool2d(X.reshape(1, -1, *X.shape[-2:]), size, stride, padding)
    return Y.reshape(*X.shape[:-2], *Y.shape[-2:])
""")

# --- JAX --------------------------------------------------------------------------------------------------------------------------------

JAX_WORDS = {
    "relu": "jax.nn.relu({x})",
    "sigmoid": "jax.nn.sigmoid({x})",
    "softplus": "jax.nn.softplus({x})",
    "erf": "jax.scipy.special.erf({x})",
    "erfc": "jax.scipy.special.erfc({x})",
    "gelu": "{x:20} * jax.scipy.special.erfc(-{x:25} / math.sqrt(2)) / 2",
    "leaky_relu": "jax.nn.relu({x}) - {slope:20} * jax.nn.relu(-{x:25})",
    "elu": "jax.nn.elu({x})",
    "hinge": "jax.nn.relu(1 - {m:11})",
    "where": "jnp.where({c:10} != 0, {a}, {b})",
    "stop_gradient": "jax.lax.stop_gradient({x})",
    "matvec": '{W:20} @ {x:21} | jnp.einsum("...ij,...j->...i", {W}, {x})',
    "vecmat": '{x:20} @ {W:21} | jnp.einsum("...i,...ij->...j", {x}, {W})',
    "softmax": "jax.nn.softmax({x}, {axis})",
    "log_softmax": "jax.nn.log_softmax({x}, {axis})",
    "logsumexp": "jax.nn.logsumexp({x}, axis={axis}, keepdims={keepdims})",
    "conv1d": "conv({X}, {K}{given})",
    "conv2d": "conv({X}, {K}{given})",
    **{f"{kind}_pool{d}d": f"{kind}_pool({{X}}, {d}{{given}})" for kind in ("max", "avg") for d in (1, 2)},
}
JAX_FUNCTIONS = _definitions("""
def each(value, d):
    return (value,) * d if isinstance(value, int) else tuple(value)


def conv(X, K, stride=1, padding=0, groups=1):
    d = K.ndim - 2
    pads = [(p, p) for p in each(padding, d)]
    return jax.lax.conv_general_dilated(X[None], K, each(stride, d), pads, feature_group_count=groups)[0]


def pooled(X, start, add, d, size, stride, padding):
    stride = size if stride is None else stride
    lead, pads = (1,) * (X.ndim - d), [(p, p) for p in each(padding, d)]
    return jax.lax.reduce_window(X, start, add, lead + each(size, d), lead + each(stride, d), [(0, 0)] * (X.ndim - d) + pads)


def max_pool(X, d, size, stride=None, padding=0):
    return pooled(X, -jnp.inf, jax.lax.max, d, size, stride, padding)


def avg_pool(X, d, size, stride=None, padding=0):
    return pooled(X, 0.0, jax.lax.add, d, size, stride, padding) / math.prod(each(size, d))
""")

_DERIVATIVES = frozenset(  # rows that only derivatives have, whose functions are written for NumPy
    f"{name}{d}d{end}"
    for d in (1, 2)
    for name, ends in {
        "conv": ("_input", "_kernel"), "fold": ("",), "unfold": ("",),
        "max_pool": ("_input", "_entries"), "avg_pool": ("_input",),
    }.items()
    for end in ends
) | frozenset(
    "is_max argmax prod_others axes_last axes_back scatter untake retake unslice eye_like scaled_eye head tail pad_end pad_start "
    "cofactor cofactor_along weighted_logsumexp powlog xdivy".split()
)  # fmt: skip

LIBRARIES = {
    "numpy": Library(
        "numpy", "NumPy", "np", "import numpy as np",
        array="np.array({})", label="{}", labels="np.array({}, dtype=int)",
        whole="np.asarray({}).astype(int)", number="", words=NUMPY_WORDS,
    ),
    "torch": Library(
        "torch", "PyTorch", "torch", "import torch",
        array="torch.tensor({}, dtype=torch.float64)", label="torch.tensor({})", labels="torch.tensor({}, dtype=torch.long)",
        whole="{:40}.long()",
        number="torch.tensor({}, dtype=torch.float64)", words=TORCH_WORDS, functions=TORCH_FUNCTIONS, absent=_DERIVATIVES,
        flat=frozenset(["conv1d", "conv2d", "conv1d_input", "conv2d_input"]), single=frozenset(["softmax", "log_softmax"]),
    ),
    "jax": Library(
        "jax", "JAX", "jnp", "import jax\nimport jax.numpy as jnp",
        array="jnp.array({})", label="{}", labels="jnp.array({}, dtype=int)",
        whole="jnp.asarray({}).astype(int)", number="",
        setup='jax.config.update("jax_enable_x64", True)', words=JAX_WORDS, functions=JAX_FUNCTIONS, absent=_DERIVATIVES,
        flat=frozenset(["conv1d", "conv2d", "solve", "solve_vector"]),
    ),
}  # fmt: skip
RESERVED = frozenset(HELPERS) | frozenset(TORCH_FUNCTIONS) | frozenset(JAX_FUNCTIONS)
