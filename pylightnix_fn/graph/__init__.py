"""What needs what, as a value, and as text, pictures and pages of it."""
