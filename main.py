"""Crossfoot: carries supplier invoices from Sage X3 to AvidXchange and brings the status back."""

import sys


def main() -> int:
    """Run the command that was given; returns its exit status (product.md 6)."""
    from core.cli import main as run_command

    return run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
