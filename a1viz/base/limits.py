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
