"""Measures a question-answering system on questions whose answers are known, span by span.

command_line.py       flags, messages and exit codes of scripts/evaluate
library_system.py     opens what the flags name: a temporary index, or a running service
question_file.py      reads a question file and checks its gold spans against the articles
system.py             the interface of whatever is measured: ask, search, article_text
evaluate.py           a question file in, a run and its report out
runner.py             asks every question; an interrupted run can be resumed
llm_judge.py          a chat model's opinion of an answer, on request
run_records.py        what a run stores: one record per question
retrieval_metrics.py  hits@k, recall, MRR and nDCG, computed by ir-measures
squad_metrics.py      exact match and token F1 as SQuAD defines them
scoring.py            one record -> the pair of numbers it adds to each metric
metrics.py            which metrics there are and what they mean; records -> figures
bootstrap.py          pairs of numbers -> figures with bootstrap intervals
risk_coverage.py      errors among the answers as the confidence threshold falls
comparison.py         two runs: which differences are significant
regression_gate.py    the figures that a change may not lower
failures.py           the worst failures of a run
tables.py, charts.py, html_report.py   what a person sees
"""
