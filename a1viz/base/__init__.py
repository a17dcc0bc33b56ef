"""What knows nothing of graphs: errors, files written whole, caches, named arrays, long computations in chunks."""

from .errors import A1vizError as A1vizError
