"""Errors that are nobody's bug."""


class UserError(Exception):
    """Its message is for the person who asked: what happened, to what, and what to do next."""
