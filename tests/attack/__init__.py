"""Hostile files, damaged runs and kills, seeded: ``python tests/attack`` tries them all.

What is attacked is every installed method, by what it declares; nothing here names one.
"""
