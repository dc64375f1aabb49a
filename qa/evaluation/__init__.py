"""Measures a question-answering system on questions whose answers are known, span by span.

questions.py     a question file, read and checked against the articles
systems.py       what is measured: anything that can ask, search and show an article
running.py       asks every question, and can be interrupted and resumed
retrieval.py     what the search found, by ir-measures
squad.py         answers against gold, as SQuAD compares them
scoring.py       a record -> the numbers that every figure is made of
statistics.py    figures from numbers, with bootstrap intervals
figures.py       which figures there are, and what each means
comparison.py    two runs: which differences are real
baseline.py      the figures that may not fall
judging.py       a chat model's opinion, when one is configured
tables.py, charts.py, reporting.py   what a person sees
"""
