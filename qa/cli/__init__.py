"""The command line: commands and their output. Heavy modules are imported inside the commands."""
