"""What a sentence states that can be looked up: numbers, dates, names, and which way it goes."""
