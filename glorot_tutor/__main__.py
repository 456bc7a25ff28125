"""`python -m glorot_tutor` is the command `glorot-tutor`."""

from glorot_tutor.cli import main

if __name__ == "__main__":
    main()
