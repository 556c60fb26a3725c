"""`python -m pylightnix_fn.cli`, the same as `plx`."""

from pylightnix_fn.cli import main

main()
