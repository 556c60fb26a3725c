"""Loading: a stage by its name, with arguments as text, as a command line has them."""
