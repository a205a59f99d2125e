"""Doing what a plan says, and nothing else."""
