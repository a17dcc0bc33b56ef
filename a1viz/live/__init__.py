"""The live page: an engine in JavaScript that reads the same tables as Python, and what the build writes for it. Draws nothing."""
