"""Answers without a chat model: quotes the sentences that best answer a question."""
