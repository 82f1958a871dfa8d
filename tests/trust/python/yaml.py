"""A name to be imported."""
