"""Answers that a chat model writes. May import `qa.verification`, which checks every sentence."""
