"""Errors to show to a user, as opposed to bugs."""


class UserError(Exception):
    """The message is for the user: what happened, to what, and what to do next."""
