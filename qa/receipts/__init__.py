"""Answers that are kept, and held against the articles again later. May import what is below it."""
