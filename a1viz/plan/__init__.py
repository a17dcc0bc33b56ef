"""The compiler: a graph at fixed shapes as straight-line NumPy calls into reused buffers. For speed; serves every question.

    step = a1viz.compile(graph, wrt=["W1", "b1"])      # or wrt=None: the outputs alone
    found = step(x=X, t=t, W1=W1, b1=b1)               # a1viz.grad's answer: {"J": ..., "W1_bar": ..., "b1_bar": ...}, new arrays
    step(out=found, x=X, t=t, W1=W1, b1=b1)            # the same, written into the arrays of `found`, which is returned
    again = step.bind(x=X, t=t, W1=W1, b1=b1)          # the arrays checked once: again() reads them as they are now, changed in place or
    again()                                            # not, and writes into again.results, the same arrays every time: a training step
    own = step.bind(copy=True, x=X, t=t, W1=W1, b1=b1) # the same with arrays of its own, own.values["x"], that you write into

What is not given is the document's value, as for `run`. Other shapes, types or batched leaves make another plan; the last few are kept.

A plan is made in passes over one intermediate form, each a module; a module imports only from those above it. Those that are optional make
plans faster, not possible:

    steps           the form: steps in order, each after its operands, equal ones shared
    references      what lines refer to: arrays, and views of them
    sites           where a step is computed: operands and result as references
    calls sums products    NumPy's calls for each kind of operation
    entries         the same by Python's own numbers, entry by entry
    table           all that the compiler knows of an operator: one row
    simplify        local rules for a step that is about to be put
    operations      what is known of an operation that is being lowered
    taken_apart axes labels   rules for some of them
    lowering        PASS 1: from a graph to steps
    row_identities outer_sums   identities of rows and of sums, for the next
    rounding        PASS 2, optional: identities that round differently
    stacking        PASS 3, optional: products that share an input as one
    schedule        PASS 4: the order of the steps, and how long each value is read
    column_major    PASS 5, optional: which vectors of a batch lie column by column
    python_numbers  PASS 6, optional: which scalars are Python's own numbers
    memory          buffers in one block
    placement       PASS 7: where each value is
    emission        PASS 8: lines
    source          PASS 9: text
    floats          instead of 5 to 9, optional: a tiny plan by Python's own numbers
    executor        runs calls in memory that is kept, without warnings
    workspaces      a plan's memory, and its functions bound to it
    program         a plan that can be called
    assembly        passes 4 to 9 in their order
    selection       which plan serves the values at hand
    bound           plans with arrays that stay
    compiled        a graph as a function: passes 1 to 3, and what is chosen of them
"""

from .assembly import assemble
from .bound import Bound
from .compiled import Compiled, compile
from .executor import ArrayCall, Executor, run_calls
from .lowering import lower
from .memory import cut
from .operations import Leaf, core_of, leaves_of
from .program import Program
from .selection import Selection, plans_of
from .simplify import apply
from .stacking import BESIDE
from .steps import BATCH, SEEDS, Step, Steps

__all__ = [
    "BATCH", "BESIDE", "SEEDS", "ArrayCall", "Bound", "Compiled", "Executor", "Leaf", "Program", "Selection", "Step", "Steps",
    "apply", "assemble", "compile", "core_of", "cut", "leaves_of", "lower", "plans_of", "run_calls",
]  # fmt: skip
