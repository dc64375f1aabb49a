"""Makes a follow-up stand alone: by the chat model, or by rules without one."""
