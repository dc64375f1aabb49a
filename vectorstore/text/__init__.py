"""Plain text: paragraphs, sentences, words and boilerplate. Pure functions over strings."""
