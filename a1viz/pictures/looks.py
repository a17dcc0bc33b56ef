"""How each kind of line, box and arrow looks, once for all formats: the roles of its colours, its width, its dashes.

Never told apart by colour alone: what has a colour of its own has a sign, a width or dashes of its own too.
"""

from __future__ import annotations

RADIUS = 7  # of the corners of boxes, in pixels as all widths here
FILLS = {"input": "input-fill", "gradient": "gradient-fill", "value": "value-fill", "mark": "mark-fill", "added": "mark-fill"}  # of lines
INKS = {"input": "input-ink", "gradient": "gradient-ink", "value": "value-ink", "mark": "mark-ink", "added": "mark-ink"}
INKS |= {"dropped": "muted", "removed": "muted"}
FILLS["small input"], INKS["small input"] = FILLS["input"], INKS["input"]
FRAMES = {"gradient": "backward", "dropped": "muted", "removed": "muted", "added": "mark-ink"}  # of boxes
PLAIN_FRAME = 1.3
WIDTHS = {"output": 2.6, "added": 2.6, "changed": 2.6}
DASHES = {"dropped": "4 3", "removed": "4 3", "changed": "1.5 3"}
ARROWS = {"backward": "backward", "removed": "muted", "added": "mark-ink"}
PLAIN_ARROW = 1.4
ARROW_WIDTHS = {"in place": 3.4, "added": 3.4}
ARROW_DASHES = {"backward": "5 3", "removed": "4 3"}
TIP, HALF_TIP = 8.0, 3.2  # how long the tip of an arrow is, and half as wide
