"""The explorer: a Textual app over the archive. Only this package and cli know it; only it knows Textual."""
