"""What would change, and whether it may. Pure: no clock, no network, no terminal."""
