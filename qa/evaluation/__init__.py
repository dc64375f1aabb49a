"""Measures a question-answering system on questions whose answers are known, span by span.

cli.py, opening.py  the command line; what its flags name, opened
evaluating.py       questions in, a run with its files out
questions.py        a question file, read and checked against the articles
systems.py          what is measured: anything that can ask, search and show an article
running.py          asks every question; can be interrupted and taken up again
judging.py          a chat model's opinion, where one is asked for
records.py          what a run leaves behind
retrieval.py        what the search found, by ir-measures
squad.py            answers against gold, as SQuAD compares them
scoring.py          a record -> the pair of numbers that it adds to each figure
statistics.py       pairs -> figures, with bootstrap intervals
figures.py          which figures there are, and what each means
selective.py        risk and coverage
comparison.py       two runs: which differences are real
baseline.py         the figures that may not fall
failures.py         the worst of a run
tables.py, charts.py, reporting.py   what a person sees
"""
