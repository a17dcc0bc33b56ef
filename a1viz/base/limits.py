"""How much of everything there may be: every bound in one place, a plain number with a comment that says of what.

Each is listed on the page Documents and tested at the bound and just above it.
"""

from __future__ import annotations

EQUATIONS_CHARACTERS = 8_000_000  # characters of all equations of a text
EQUATION_TERMS = 20_000  # names, numbers, signs and .T in one equation
EQUATION_NESTING = 200  # brackets inside one another, in an equation
EQUATION_PROBLEMS = 20  # problems of equations that are reported together
NAME_CHARACTERS = 100  # characters of a name
TOML_NESTING = 200  # brackets inside one another, in a document
TOML_KEY_PARTS = 20  # parts of a dotted key, as in a.b.c
DOCUMENT_PROBLEMS = 50  # problems of a document that are reported together
LABEL_CHARACTERS = 2000  # characters of a title, a source or a description
DOCUMENT_WIRES = 1000  # wires of a document's comparators
GRAPH_NODES = 300_000  # variables of a graph with its blocks: blocks of blocks multiply
