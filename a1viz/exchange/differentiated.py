"""The function of gradients in a program whose library differentiates by itself: PyTorch and JAX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

WIDTH = 110  # characters of a line


def torch_gradients(leaves: Sequence[str], bars: Mapping[str, str], seeded: Mapping[str, str]) -> list[str]:
    """Its lines: `bars` are the gradients and the leaves they are of, `seeded` the outputs and the cotangents handed in, if any."""
    wrt, ends = _listed(bars.values()), ", ".join(f'found["{name}"]' for name in seeded)
    given = "".join(f", [{bar}]" for bar in [", ".join(filter(None, seeded.values()))] if bar)
    return [
        f"{wrt} = (leaf.detach().requires_grad_() for leaf in ({wrt}))",
        f"found = forward({', '.join(leaves)})",
        f"{_listed(bars)} = torch.autograd.grad([{ends}], [{', '.join(bars.values())}]{given}, materialize_grads=True)",
        *returned({bar: bar for bar in bars}, "**found"),
    ]


def jax_gradients(leaves: Sequence[str], bars: Mapping[str, str], seeded: Mapping[str, str]) -> list[str]:
    """The same for JAX."""
    wrt = ", ".join(bars.values())
    ends = ", ".join(f'"{name}": ' + (bar or f'jnp.ones_like(found["{name}"])') for name, bar in seeded.items())
    return [
        f"found, pull_back = jax.vjp(lambda {wrt}: forward({', '.join(leaves)}), {wrt})",
        "nothing = {name: jnp.zeros_like(value) for name, value in found.items()}",
        f"{_listed(bars)} = pull_back({{**nothing, {ends}}})",
        *returned({bar: bar for bar in bars}, "**found"),
    ]


def returned(found: Mapping[str, str], before: str = "") -> list[str]:
    """The lines that return variables by name, after what comes `before` them.

    >>> returned({"J": "J", "x_bar": "x_bar"})
    ['return {"J": J, "x_bar": x_bar}']
    """
    parts = [*([before] if before else []), *(f'"{name}": {text}' for name, text in found.items())]
    line = f"return {{{', '.join(parts)}}}"
    return [line] if len(line) < WIDTH else ["return {", *(f"    {part}," for part in parts), "}"]


def _listed(names: Iterable[str]) -> str:
    """Names as a tuple is written, on either side of `=`."""
    names = list(names)
    return ", ".join(names) + ("," if len(names) == 1 else "")


DIFFERENTIATED = {"torch": torch_gradients, "jax": jax_gradients}
