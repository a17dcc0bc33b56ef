"""What the theme leaves out for those who hear a page, and for those who read it on a phone."""

from __future__ import annotations

import re

MENDED = (  # the theme's text, and what is written instead
    ('data-md-component="search" role="dialog">', 'data-md-component="search" role="dialog" aria-label="Search">'),
    ("<th></th>", "<td></td>"),  # the empty corner of a table heads nothing
)
OPTION = re.compile(r"<code>(--?\w[\w-]*)</code>")  # a browser would break a line after its hyphens


def mended(html: str) -> str:
    """A page of the theme whose dialog has a name, whose tables have no empty headings, and whose options stay whole.

    >>> mended("<tr><th></th><th>a</th></tr>")
    '<tr><td></td><th>a</th></tr>'
    >>> mended("<code>--format</code>")
    '<code class="a1viz-option">--format</code>'
    """
    for given, instead in MENDED:
        html = html.replace(given, instead)
    return OPTION.sub(r'<code class="a1viz-option">\1</code>', html)
