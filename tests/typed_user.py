"""A user's script, as a type checker sees it: tests/test_types.py checks and runs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import a1viz
import a1viz.workers
from a1viz.gradients import ORDERS, Convention
from a1viz.graph import Graph


def main(folder: Path) -> None:
    """Parse, run, differentiate, compile, draw, sort, fit, train."""
    g: Graph = a1viz.parse("z = W @ x + b; h = tanh(z); J = norm2(h - t)", {"W": [3, 2], "b": [3]}, x=[2], t=[3])
    values = {"x": np.ones(2), "t": np.zeros(3), "W": np.ones((3, 2)), "b": np.zeros(3)}
    given: dict[str, object] = dict(values)
    loss: float = float(a1viz.run(g, x=[1.0, 2.0], t=[0, 0, 0], W=np.ones((3, 2)), b=[0, 0, 0])["J"])
    bars = a1viz.grad(g, wrt=["W", "b"], x=values["x"], t=values["t"], W=values["W"], b=values["b"])
    step = a1viz.compile(g, wrt="W", of="J")
    print(a1viz.run("two_layer"), a1viz.grad("two_layer", "x"), [node.name for node in g])
    print(loss, bars, step(x=values["x"], t=values["t"], W=values["W"], b=values["b"]), len(given))
    print(a1viz.derive(g), a1viz.cost(g), a1viz.check(a1viz.load("two_layer")), list(ORDERS), a1viz.pass_table(Convention()))
    path: Path = a1viz.draw(g, backward=True, theme="dark").save(folder / "mine.svg")
    network = a1viz.sorting.network("merge", 4)
    ordered = a1viz.sorting.sort([[3.0, 1.0, 2.0, 0.5]], network)
    print(
        path,
        ordered.shape,
        network.size,
        a1viz.sorting.verify(network, "patterns"),
        a1viz.counting.counting(3),
        a1viz.regression.fit_poly([0, 1], [1, 3], 1)([0.5]),
    )
    data = a1viz.train.load_data("moons")
    model = a1viz.train.new_model(a1viz.train.settings_of("logistic", "moons"), data)
    print(model.score(data.X, data.t), a1viz.nn.binary_cross_entropy([0.0], [1]))
    with a1viz.workers.executor(0) as pool:
        print(pool)


if __name__ == "__main__":
    import sys

    main(Path(sys.argv[1]))
