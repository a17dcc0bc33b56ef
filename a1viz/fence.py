"""The Markdown fence, where the configuration of other people's sites looks for it: it lives in `a1viz.site.fence`."""

from .site.fence import format as format
from .site.fence import validate as validate
