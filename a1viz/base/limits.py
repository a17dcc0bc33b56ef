"""How much of everything there may be: every bound on what a stranger's text may cost, in one place; the page Limits prints this file.

A bound is a plain number with a comment that says of what. Within them, an input of less than 64 KB is answered or refused within two
seconds of one core and 512 MiB, but for what the page names; what the program itself is given in Python (arrays, networks) has no other
bound than the machine.
"""

from __future__ import annotations

import re
from pathlib import Path

from .columns import text_table

# files
DOCUMENT_BYTES = 4_000_000  # bytes of a document, or of a block in it
NETWORK_BYTES = 50_000_000  # bytes of a file of comparators
VALUE_BYTES = 268_435_456  # bytes of a file of numbers: a value, parameters, a chunk of a store
UNPACKED_BYTES = 268_435_456  # bytes that the arrays of an archive unpack to
MEMBERS = 10_000  # arrays in one archive
CACHE_BYTES = 67_108_864  # bytes of a kept picture, formula or page

# texts
EQUATIONS_CHARACTERS = 8_000_000  # characters of all equations of a text
EQUATION_TERMS = 20_000  # names, numbers, signs and .T in one equation
EQUATION_NESTING = 200  # brackets inside one another, in an equation
EQUATION_PROBLEMS = 20  # problems of equations that are reported together
SIZE_TERMS = 64  # sizes that one is the sum of, as D+H is where vectors are concatenated
AXES = 8  # axes of the value for one example
FORMULA_OPERANDS = 8  # operands of one einsum
FORMULA_LETTERS = 26  # letters of its formula
NAME_CHARACTERS = 100  # characters of a name
TOML_NESTING = 200  # brackets inside one another, in a document
TOML_KEY_PARTS = 20  # parts of a dotted key, as in a.b.c
LABEL_CHARACTERS = 2000  # characters of a title, a source or a description

# documents, graphs and networks
DOCUMENT_PROBLEMS = 50  # problems of a document that are reported together
BLOCKS_DEEP = 50  # blocks inside blocks
COPIES = 1000  # copies of a repeated block
GRAPH_NODES = 12_000  # variables of a graph, those inside equations and blocks included
NUMBERS = 33_554_432  # numbers that a graph computes, products counted by their cost, where not every value was given
GIVEN_TIMES = 1000  # the same, for each number that was given, or that the document or model gives
DOCUMENT_WIRES = 1000  # wires of a document; a network of its own has MOST_WIRES
MOST_WIRES = 100_000  # wires of a network that is no graph
COMPARATORS = 500_000  # comparators of a network that is no graph
PATTERNS = 1_048_576  # 0-1 patterns of two groups of wires together, in a proof; beyond, all that are left are gone through
PATTERN_BITS = 33_554_432  # the same times the wires of both groups
MENDING = 20_000  # comparators that are tried at the end of a network that does not sort, to mend it

# derivations
RULES_TOLD = 100  # rules that the steps of a derivation tell for one use of a variable; of more, how many

# results
TABLE_ROWS = 300  # rows of a table, or lines of text, that a notebook, a REPL or a page shows; of more the first and last

# pictures
GEOMETRY_BYTES = 67_108_864  # bytes of what the layout engine answers
GEOMETRY = 10_000_000  # pixels from the corner of a picture that the layout engine may put something
DRAWING_SECONDS = 2  # seconds that a picture may take, of one core; what would take longer is drawn collapsed, unless more are allowed
LEAST_WIDTH = 100  # pixels that a picture may be meant to be wide, at least
MOST_WIDTH = 100_000  # the same, at most
MOST_SCALE = 10  # times as large as it is laid out may a picture be drawn, and as small
MERMAID_CHARACTERS = 50_000  # characters of a flowchart, for Mermaid draws no more; a larger picture is shortened
MERMAID_ARROWS = 500  # the same for its arrows
TEX_POINTS = 14_000  # points that a picture for TeX may be wide and high
MOST_PIXELS = 100_000_000  # pixels of a PNG
MOST_POINTS = 14_400  # points (200 inches) that a page of PDF is wide and high; what would be larger is drawn as large as that
LAID_OUT = 50_000  # comparators that are laid out in a picture; more are drawn collapsed in any case
NEURON_WEIGHTS = 500_000  # weights that a picture of neurons follows, those behind a collapsed layer included
TEXT_CELLS = 4_000_000  # characters of a network drawn as text
SHOWN_BYTES = 8_000_000  # characters of a picture that a notebook shows; of a larger one it says so
SHOWN_PIXELS = 16_000_000  # pixels of the PNG beside it; a larger one is drawn coarser

# ways out and in
PROGRAM_NUMBERS = 10_000  # numbers of leaves that are written into a program; of more it has the function alone
INVERSE_ROWS = 16  # rows of a matrix whose inverse goes into an ONNX model, as determinants
KNOWN_NUMBERS = 4_194_304  # numbers that an ONNX model computes of its constants alone, while it is read

# completion in a shell
COMPLETED_BYTES = 200_000  # bytes of a document or a model whose names the shell completes
COMPLETED_CHARACTERS = 60  # characters of a value that it offers

# long computations
CHUNK_BYTES = 8_388_608  # bytes that the examples of one chunk take, with what is computed of them, where data are gone through in chunks
MAPPED_BYTES = 16_777_216  # bytes of a .npy file beyond which run, norms, ntk and regress fit map it, whatever its size, and do not read it
SECONDS = 60  # seconds that verify, train and regress may take by their own estimate, unless --long is given

DIFFERENCES = 200  # differences of two graphs that a table lists; of more it says how many
LISTED = 100_000  # numbers in one list of the command line, such as 5..60
SETTINGS = 10_000  # settings of n, d, sigma and noise in one sweep
STEPS = 10_000_000  # steps of gradient descent
PARAMETERS = 10_000_000  # parameters of a model that is trained
LAYERS = 100  # hidden layers of a model that is trained
TABLE_CELLS = 20_000_000  # cells of a CSV file that a model learns from
CLASSES = 100  # classes in such a file

# fences of a page
FENCE_CHARACTERS = 65_536  # characters in one fence
FENCE_NESTING = 20  # lists and tables inside one another, in a fence
VARIABLES_TOLD = 20  # variables whose derivations one fence tells step by step
WORKED_SIDE = 12  # rows or columns of an array that the view "worked" writes out
CAPTION_CHARACTERS = 2000  # characters of a caption
EXERCISE_ENTRIES = 2000  # numbers that an exercise carries
EXERCISE_WIRES = 16  # wires of a network in which a comparator is missing
PAGE_NESTING = 60  # elements of a page inside one another, where it is set for paper
LIVE_NODES = 1_000  # of a graph in a live picture
LIVE_NUMBERS = 20_000  # of its leaves
NOTEBOOK_BYTES = 4_194_304  # bytes of a notebook that is made of chapters, with all that its cells show


def table() -> str:
    """Every bound with its value and what it is of, in the order of this file.

    >>> [row for row in table().split("\\n") if row.startswith("DOCUMENT_WIRES ")]
    ['DOCUMENT_WIRES ... wires of a document...']
    """
    found = re.findall(r"^([A-Z_]+) = .*?  # (.*)$", Path(__file__).read_text(encoding="utf-8"), re.M)
    return text_table([("limit", "value", "of what"), *((name, f"{globals()[name]:,}", about) for name, about in found)])
