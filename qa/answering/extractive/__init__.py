"""Answers without a chat model: the sentences of the passages that best answer a question."""
