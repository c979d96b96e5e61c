"""The explorer: a Textual app over the archive. Only this package and cli know it; only it knows Textual."""

import os

# Textual paints once in so many parts of a second (https://textual.textualize.io/api/constants/), if there is anything
# to paint. What a key does is painted twice, the list and then the detail: with Textual's own 60 a third later.
os.environ.setdefault("TEXTUAL_FPS", "120")
