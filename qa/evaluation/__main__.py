"""`python -m qa.evaluation`, which scripts/evaluate runs."""

from qa.evaluation.command_line import main
from qa.evaluation.library_system import open_target

if __name__ == "__main__":
    main(obj=open_target)
