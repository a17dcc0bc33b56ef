"""Norms and tangent kernels of convolutional networks: a kernel's gradient is a product of unfolded arrays, which need not be formed."""

from __future__ import annotations

import numpy as np
import pytest

from a1viz.calculus.interpreter import grad, run
from a1viz.gradients.kernel import ntk
from a1viz.gradients.norm_graphs import FORMED, UNFORMED
from a1viz.gradients.norms import METHODS, gradient_norms
from a1viz.graph.equations import parse
from a1viz.graph.nodes import Graph

ONE = "h = W @ reshape(tanh(conv2d(X, K)), [-1])"
POOLED = (
    "Y = max_pool2d(relu(conv2d(X, K, padding=1) + b), 2); Z = tanh(avg_pool2d(conv2d(Y, V, stride=[1, 2]), 2, stride=1)); "
    "h = W @ reshape(Z, [-1])"
)
NETWORKS = [  # text, the example's shape, the parameters' shapes, whether the efficient method forms the kernel's gradient
    pytest.param(ONE, [3, 6, 6], {"K": [4, 3, 3, 3], "W": [2, 64]}, FORMED, id="many windows, a small kernel"),
    pytest.param(ONE, [8, 4, 4], {"K": [16, 8, 3, 3], "W": [2, 64]}, UNFORMED, id="few windows, a large kernel"),
    pytest.param(ONE.replace("2d", "1d"), [8, 6], {"K": [16, 8, 3], "W": [2, 64]}, UNFORMED, id="one spatial axis"),
    pytest.param(
        "h = W @ reshape(tanh(conv2d(X, K, stride=2, padding=1, groups=2)), [-1])",
        [8, 4, 4], {"K": [16, 4, 3, 3], "W": [2, 64]}, FORMED, id="groups",
    ),
    pytest.param(
        "h = W @ reshape(conv2d(tanh(conv2d(X, K, padding=1)), K, padding=1), [-1])",
        [8, 2, 2], {"K": [8, 8, 3, 3], "W": [2, 32]}, UNFORMED, id="a kernel used twice",
    ),
    pytest.param(
        "h = W @ reshape(tanh(conv2d(X, K) + conv2d(X, 2 * K)), [-1])", [8, 4, 4], {"K": [16, 8, 3, 3], "W": [2, 64]}, UNFORMED,
        id="a multiple of a kernel too",
    ),
    pytest.param(POOLED, [2, 6, 8], {"K": [3, 2, 3, 3], "b": [3, 1, 1], "V": [4, 3, 2, 2], "W": [2, 4]}, FORMED, id="pooling between"),
]  # fmt: skip


def network(text: str, x: list[int], shapes: dict) -> tuple[Graph, dict, np.ndarray]:
    rng = np.random.default_rng(0)
    weights = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return parse(text, shapes, X=x), weights, rng.standard_normal((5, *x))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("text", "x", "shapes", "how"), NETWORKS)
def test_the_norms_are_those_of_each_example_alone(text, x, shapes, how, method):
    graph, weights, X = network(text + "; J = logsumexp(h)", x, shapes)
    norms = gradient_norms(graph, method, X=X, **weights)
    each = [grad(graph, list(shapes), X=one, **weights) for one in X]
    for name in shapes:
        np.testing.assert_allclose(norms[name], [np.sum(found[f"{name}_bar"] ** 2) for found in each], rtol=1e-9, err_msg=name)
    if method == "efficient":
        assert norms.how["K"] == how


@pytest.mark.parametrize(("text", "x", "shapes", "how"), NETWORKS)
def test_the_tangent_kernel_is_the_product_of_the_jacobians(text, x, shapes, how):
    graph, weights, X = network(text, x, shapes)
    kernel = ntk(graph, x1=X[:3], x2=X[3:], **weights)
    seeds = np.eye(run(graph, X=X[0], **weights)["h"].size)
    jacobians = [[grad(graph, list(shapes), {"h": seed}, X=one, **weights) for seed in seeds] for one in X]
    for name in shapes:
        J = np.array([[np.ravel(row[f"{name}_bar"]) for row in rows] for rows in jacobians])
        np.testing.assert_allclose(kernel.by_parameter[name], np.einsum("nip,mjp->nmij", J[:3], J[3:]), rtol=1e-9, atol=1e-9, err_msg=name)
