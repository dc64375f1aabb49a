"""The command line: commands, and what they print. Imports heavy modules inside the commands."""
