"""How much is taken from outside: every bound stands here, so that none is a surprise and a test can try each."""

from __future__ import annotations

# --- bytes read ---------------------------------------------------------------------------------------------------------------------

DOCUMENT_BYTES = 4_000_000  # of a graph document, or of a block in it
NETWORK_BYTES = 50_000_000  # of a file of comparators
VALUE_BYTES = 2**28  # of a file of numbers: a value, parameters, a chunk of a store
UNPACKED_BYTES = 2**28  # that one array of an archive unpacks to
MEMBERS = 10_000  # arrays in one archive
CACHE_BYTES = 2**26  # of a kept picture, formula or page
GEOMETRY_BYTES = 2**26  # of what the layout engine answers

# --- numbers taken ------------------------------------------------------------------------------------------------------------------

GEOMETRY = 1e7  # pixels from the corner of a picture that the layout engine may put something
STEPS = 10_000_000  # of a training
PARAMETERS = 10_000_000  # numbers that a training from the command line learns

# --- texts -------

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
