"""How the checker's weights are made: labelled and synthetic pairs in, a file of weights out.

Nothing here runs when questions are answered; scripts/train-checker is the entry point.
"""
