"""Answers that are kept, and checked against the articles again later. May import lower layers."""
