"""Plans and apply reports in words: one file per format, each a function from a value to text."""
