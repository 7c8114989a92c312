"""Trainers of many experts: the same experts on one machine or on many."""
