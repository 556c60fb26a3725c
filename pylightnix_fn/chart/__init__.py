"""Charts: numbers of realizations over time or over a parameter, as values, text and SVG."""
