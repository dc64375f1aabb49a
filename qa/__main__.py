"""`python -m qa` is `qa`."""

from qa.cli.commands import main

if __name__ == "__main__":
    main()
