"""Makes a follow-up stand alone: by the chat model, or by rules if there is none."""
