"""What one sentence claims: its entities, quantities, dates, roles and negation. Pure functions."""
