"""From a question to an answer: rewrite a follow-up, retrieve passages, answer from them, cite."""
