"""Checks text against articles, sentence by sentence. Imports no framework, and no answerer."""
