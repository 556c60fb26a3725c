"""What is found out about a store: values that print in 80 columns, and as JSON."""
