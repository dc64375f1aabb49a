"""The name of the collection that is always there."""

DEFAULT_COLLECTION = "default"
"""The collection whose index is the data folder itself."""
