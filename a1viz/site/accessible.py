"""What the theme leaves out for those who hear a page, who print it, and who read it on a phone."""

from __future__ import annotations

import re

MENDED = (  # the theme's text, and what is written instead
    ('data-md-component="search" role="dialog">', 'data-md-component="search" role="dialog" aria-label="Search">'),
    ("<th></th>", "<td></td>"),  # the empty corner of a table heads nothing
)
CODE = re.compile(r'<div class="([^"]*\bhighlight)">(?=(<pre.*?</pre>))', re.DOTALL)
SHORT = 16  # lines of code that stay on one sheet of paper
OPTION = re.compile(r"<code>(--?\w[\w-]*)</code>")  # a browser would break a line after its hyphens


def mended(html: str) -> str:
    """A page of the theme whose dialog has a name, without empty headings of tables; short code and options are marked, to stay whole.

    >>> mended("<tr><th></th><th>a</th></tr>")
    '<tr><td></td><th>a</th></tr>'
    >>> mended("<code>--format</code>")
    '<code class="a1viz-option">--format</code>'
    """
    for given, instead in MENDED:
        html = html.replace(given, instead)
    html = CODE.sub(lambda found: f'<div class="{found[1]} a1viz-short">' if found[2].count("\n") <= SHORT else found[0], html)
    return OPTION.sub(r'<code class="a1viz-option">\1</code>', html)
