"""Small projects as texts, and how to load them: what `test_code.py` tests with."""
