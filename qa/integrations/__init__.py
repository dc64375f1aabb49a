"""A collection as part of other frameworks. Each module needs its own; `qa.open` makes them."""
