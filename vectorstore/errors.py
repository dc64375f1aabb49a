"""Errors that are not bugs."""


class UserError(Exception):
    """Its message is for the user: what happened, to what, and what to do next."""
