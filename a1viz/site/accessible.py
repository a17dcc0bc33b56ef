"""What the theme leaves out, for those who hear a page and for those who print it."""

from __future__ import annotations

import re

MENDED = (  # the theme's text, and what is written instead
    ('data-md-component="search" role="dialog">', 'data-md-component="search" role="dialog" aria-label="Search">'),
    ("<th></th>", "<td></td>"),  # the empty corner of a table heads nothing
)
CODE = re.compile(r'<div class="([^"]*\bhighlight)">(?=(<pre.*?</pre>))', re.DOTALL)
SHORT = 16  # lines of code that stay on one sheet of paper


def mended(html: str) -> str:
    """A page of the theme whose dialog has a name, whose tables have no empty headings, and whose short blocks of code are marked.

    >>> mended("<tr><th></th><th>a</th></tr>")
    '<tr><td></td><th>a</th></tr>'
    """
    for given, instead in MENDED:
        html = html.replace(given, instead)
    return CODE.sub(lambda found: f'<div class="{found[1]} a1viz-short">' if found[2].count("\n") <= SHORT else found[0], html)
