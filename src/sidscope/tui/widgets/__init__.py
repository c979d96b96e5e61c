"""The explorer's own widgets, one to a file."""
