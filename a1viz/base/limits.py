"""How much of everything there may be: every bound on what a stranger's text may cost, in one place; the page Limits prints this file.

A bound is a plain number with a comment that says of what. Within them, any input of less than 64 KB is answered or refused within two
seconds of one core and 512 MiB; what the program itself is given in Python (arrays, networks) has no other bound than the machine.
"""

from __future__ import annotations

import re
from pathlib import Path

from .columns import text_table

# fences of a page
FENCE_CHARACTERS = 65_536  # characters in one fence
FENCE_NESTING = 20  # lists and tables inside one another, in a fence
CAPTION_CHARACTERS = 2000  # characters of a caption


def table() -> str:
    """Every bound with its value and what it is of, in the order of this file.

    >>> print(table().split("\\n")[1])
    FENCE_CHARACTERS ... characters in one fence
    """
    found = re.findall(r"^([A-Z_]+) = .*?  # (.*)$", Path(__file__).read_text(encoding="utf-8"), re.M)
    return text_table([("limit", "value", "of what"), *((name, f"{globals()[name]:,}", about) for name, about in found)])
