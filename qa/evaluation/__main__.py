"""`python -m qa.evaluation`, which scripts/evaluate runs."""

from qa.evaluation.cli import main
from qa.evaluation.opening import open_wanted

if __name__ == "__main__":
    main(obj=open_wanted)
