"""What does one step of full-batch training cost (question 4)? a1viz against hand-written NumPy, PyTorch, JAX, autograd and scikit-learn.

Logistic regression (569 examples of 30 features, the size of the breast cancer data) and an MLP (1,000 of 2, one hidden layer of 16), mean
cross-entropy, float64, one thread. A step is the loss, all gradients and the update. Every method starts from the same parameters, and is
timed only if it ends, after STEPS steps, with the same loss. `fit`, which looks at the accuracy fifty times as well, is shown beside the
descent it calls.

Of scikit-learn it is MLPClassifier, whose stochastic descent does the same steps where a batch is all examples: also for the logistic
regression, a network without a hidden layer. Its LogisticRegression (L-BFGS and others) and SGDClassifier (one example at a time) are other
algorithms, and are not compared. Run by `make bench`.
"""

from __future__ import annotations

# isort: off
from timing import claim, interleaved, median_ratio, record  # first: one core, one thread

# isort: on
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from a1viz.nn import BinaryClassifier, LogisticRegression, MLPClassifier, Sequential
from a1viz.nn.descent import descend, started

STEPS = 1000
RATE, MOMENTUM = 0.1, 0.0
Task = Callable[[], float]  # trains from the start, gives the last loss


def problem(name: str) -> tuple[BinaryClassifier, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    if name == "logistic":
        model, X = LogisticRegression(30, rng=1), rng.standard_normal((569, 30))
    else:
        model, X = MLPClassifier(2, (16,), name.partition(" ")[2], rng=1), rng.standard_normal((1000, 2))
    return model, X, (X[:, 0] * X[:, 1] + 0.5 * rng.standard_normal(len(X)) > 0).astype(float)


# --- a1viz, and the same steps by hand ----------------------------------------------------------------------------------------------


def with_a1viz(model: BinaryClassifier, X: np.ndarray, t: np.ndarray) -> Task:
    graph = model.training_graph

    def task() -> float:
        state = started({name: model.net.values[name] for name in model.net.learnt}, STEPS)
        return descend(graph, state, {"x": X, "t": t}, rate=RATE, momentum=MOMENTUM).losses[-1]

    return task


def with_fit(model: BinaryClassifier, X: np.ndarray, t: np.ndarray) -> Task:
    start, own = model.state_dict(), BinaryClassifier(Sequential(*model.net.layers))

    def task() -> float:
        own.load_state_dict(start)
        return own.fit(X, t, rate=RATE, momentum=MOMENTUM, steps=STEPS).loss[-2]

    return task


def by_hand(model: BinaryClassifier, X: np.ndarray, t: np.ndarray) -> Task:
    """What a careful programmer writes: every buffer made once, everything in place, one exponential for loss and gradient."""
    N, parameters = len(X), model.net.values
    z, e, y, loss = (np.empty(N) for _ in range(4))
    wanted, share = t > 0.5, np.full(N, 1 / N)
    sign = np.where(wanted, -1.0, 1.0)  # the loss is log(1 + exp(sign z))
    activation = model.net.layers[1].op if len(model.net.layers) > 1 else ""
    if activation:
        H = len(parameters["b1"])
        h, bar, mask = np.empty((H, N)), np.empty((H, N)), np.empty((H, N), bool)  # features first: long rows
    one = np.asarray(1.0)
    zero = np.asarray(0.0)

    def head(b: np.ndarray) -> float:
        """From the logits without their bias in z to the error signal divided by N, in y; the mean loss."""
        np.add(z, b, z)
        np.abs(z, e)
        np.negative(e, e)
        np.exp(e, e)
        np.add(e, one, y)
        np.log1p(e, loss)
        np.multiply(z, sign, z)  # positive where the example is wrong
        np.greater(z, zero, positive)
        np.copyto(e, one, where=positive)
        np.divide(e, y, y)  # sigmoid(sign z)
        np.maximum(z, zero, z)
        np.add(loss, z, loss)
        np.multiply(y, scaled, y)
        return loss.dot(share)

    positive, scaled = np.empty(N, bool), sign / N

    def logistic() -> float:
        w, b = parameters["w"].copy(), parameters["b"].copy()
        w_bar, rate, room = np.empty_like(w), np.asarray(RATE), np.empty_like(w)
        for _ in range(STEPS):
            X.dot(w, z)
            now = head(b)
            y.dot(X, w_bar)
            np.multiply(w_bar, rate, room)
            np.subtract(w, room, w)
            b -= RATE * np.add.reduce(y)
        return now

    def mlp() -> float:
        W1, b1, w2, b2 = (parameters[name].copy() for name in ("W1", "b1", "w2", "b2"))
        W1_bar, b1_bar, w2_bar, rate = np.empty_like(W1), np.empty_like(b1), np.empty_like(w2), np.asarray(RATE)
        X_T, offsets, weights, ones = np.ascontiguousarray(X.T), b1[:, None], w2[:, None], np.ones(N)
        for _ in range(STEPS):
            W1.dot(X_T, h)
            np.add(h, offsets, h)
            np.tanh(h, h) if activation == "tanh" else np.maximum(h, zero, h)
            w2.dot(h, z)
            now = head(b2)
            h.dot(y, w2_bar)
            np.multiply(weights, y, bar)
            if activation == "tanh":
                np.multiply(h, h, h)
                np.subtract(one, h, h)
                np.multiply(bar, h, bar)
            else:
                np.greater(h, zero, mask)
                np.multiply(bar, mask, bar)
            bar.dot(X, W1_bar)
            bar.dot(ones, b1_bar)
            for p, g in ((W1, W1_bar), (b1, b1_bar), (w2, w2_bar)):
                np.multiply(g, rate, g)
                np.subtract(p, g, p)
            b2 -= RATE * np.add.reduce(y)
        return now

    return mlp if activation else logistic


# --- the peers ----------------------------------------------------------------------------------------------------------------------


def with_torch(model: BinaryClassifier, X: np.ndarray, t: np.ndarray) -> Task:
    import torch

    torch.set_num_threads(1)
    kinds = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}
    layers = [torch.nn.Linear(x.inputs, x.outputs) if hasattr(x, "inputs") else kinds[x.op]() for x in model.net.layers]
    net = torch.nn.Sequential(*layers).double()
    start = {key: torch.tensor(value) for key, value in model.state_dict().items()}
    x, targets, loss_of = torch.tensor(X), torch.tensor(t), torch.nn.BCEWithLogitsLoss()
    optimiser = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM)

    def task() -> float:
        net.load_state_dict(start)
        for _ in range(STEPS):
            optimiser.zero_grad()
            loss = loss_of(net(x)[:, 0], targets)
            loss.backward()
            optimiser.step()
        return loss.item()

    return task


def loss_with(np_: object, model: BinaryClassifier, X: np.ndarray, t: np.ndarray) -> Callable[[list], object]:
    """The mean loss as a function of the list of parameters, in a NumPy of another library."""
    op = {"relu": lambda z: np_.maximum(z, 0.0), "tanh": np_.tanh}.get(model.net.layers[1].op if len(model.net.layers) > 1 else "")

    def loss(parameters: list) -> object:
        if op is None:
            w, b = parameters
            z = np_.dot(X, w) + b
        else:
            W1, b1, w2, b2 = parameters
            z = np_.dot(op(np_.dot(X, W1.T) + b1), w2) + b2
        return np_.mean(np_.logaddexp(0.0, z) - t * z)

    return loss


def with_autograd(model: BinaryClassifier, X: np.ndarray, t: np.ndarray) -> Task:
    import autograd.numpy as anp
    from autograd import value_and_grad

    both = value_and_grad(loss_with(anp, model, X, t))

    def task() -> float:
        parameters = [model.net.values[name] for name in model.net.learnt]
        for _ in range(STEPS):
            now, bars = both(parameters)
            parameters = [p - RATE * g for p, g in zip(parameters, bars, strict=True)]
        return float(now)

    return task


def with_jax(model: BinaryClassifier, X: np.ndarray, t: np.ndarray) -> Task:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    both = jax.value_and_grad(loss_with(jnp, model, jnp.asarray(X), jnp.asarray(t)))

    @jax.jit
    def step(parameters):
        now, bars = both(parameters)
        return now, [p - RATE * g for p, g in zip(parameters, bars, strict=True)]

    def task() -> float:
        parameters = [jnp.asarray(model.net.values[name]) for name in model.net.learnt]
        for _ in range(STEPS):
            now, parameters = step(parameters)
        return float(now)

    return task


def with_sklearn(model: BinaryClassifier, X: np.ndarray, t: np.ndarray) -> Task:
    """One `fit` of STEPS epochs, each of one batch in the order given; a warm start takes the parameters that are there."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier as Network

    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    layers, start = model.net.layers, model.state_dict()
    hidden = [x.outputs for x in layers[:-1] if hasattr(x, "outputs")]
    how = {"batch_size": len(X), "shuffle": False, "alpha": 0.0, "tol": 0.0, "n_iter_no_change": 10**9}
    rule = {"solver": "sgd", "learning_rate_init": RATE, "momentum": MOMENTUM, "nesterovs_momentum": False}
    net = Network(hidden, layers[1].op if hidden else "identity", max_iter=1, warm_start=True, **how, **rule).fit(X, t)
    net.set_params(max_iter=STEPS)
    kept = [start[key].T.copy() for key in start if key.endswith("weight")], [start[key] for key in start if key.endswith("bias")]

    def task() -> float:
        net.coefs_, net.intercepts_ = ([array.copy() for array in arrays] for arrays in kept)
        return net.fit(X, t).loss_curve_[-1]

    return task


# --- the claims -------------------------------------------------------------------------------------------------------------------

PEERS = {"PyTorch": with_torch, "HIPS autograd": with_autograd, "JAX, jitted": with_jax, "scikit-learn": with_sklearn}
TIMES_FASTER = {  # what is claimed, on all recorded machines
    "logistic": {"PyTorch": 7, "HIPS autograd": 10, "JAX, jitted": 1},
    "mlp relu": {"PyTorch": 5, "HIPS autograd": 8, "JAX, jitted": 1},
    "mlp tanh": {},  # tanh itself takes most of the time, for everybody
}
BY_HAND = 1.25
OF_HAND, OF_HAND_TANH = f"descent takes at most {BY_HAND} of hand-written NumPy", "descent, against hand-written NumPy"


def against(peer: str, model: str) -> str:
    faster, kind = TIMES_FASTER[model].get(peer, 0), model.partition(" ")[0]
    return f"{f'{faster} times faster than' if faster > 1 else 'ahead of' if faster else 'against'} {peer}, {kind}"


LIMITS = {OF_HAND: BY_HAND} | {against(peer, model): 1 / n for model, peers in TIMES_FASTER.items() for peer, n in peers.items()}


def measured() -> Iterator[dict[str, object]]:
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    for name, claimed in TIMES_FASTER.items():
        model, X, t = problem(name)
        at = {"model": name, "examples": len(X), "features": X.shape[1], "steps": STEPS}
        tasks: dict[str, Task] = {"fit": with_fit(model, X, t), "a1viz": with_a1viz(model, X, t), "NumPy by hand": by_hand(model, X, t)}
        for peer, make in PEERS.items():
            try:
                tasks[peer] = make(model, X, t)
            except ImportError as error:
                print(f"!!!!!!!! {peer} IS LEFT OUT: {error} !!!!!!!!", file=sys.stderr)
        ends = {peer: task() for peer, task in tasks.items()}
        for peer, end in ends.items():
            if abs(end - ends["NumPy by hand"]) > 1e-9:
                print(f"!!!!!!!! {peer}: THE LOSS DIFFERS, {end} and {ends['NumPy by hand']}, so it is not timed !!!!!!!!", file=sys.stderr)
                del tasks[peer]
        times = interleaved(tasks, 15, 3)
        compare = partial(compared, times, at)
        yield compare(OF_HAND if claimed else OF_HAND_TANH, "a1viz", "NumPy by hand")
        yield compare("fit, with fifty looks at the accuracy, against hand-written NumPy", "fit", "NumPy by hand")
        for peer in [peer for peer in PEERS if peer in tasks]:
            yield compare(against(peer, name), "a1viz", peer)


def compared(times: dict, at: dict, says: str, ours: str, peer: str) -> dict[str, object]:
    kept = {name: times[name] for name in (ours, peer)}
    return claim("training", says, median_ratio(times, ours, peer), kept, **at)


if __name__ == "__main__":
    record("training", measured(), LIMITS)
