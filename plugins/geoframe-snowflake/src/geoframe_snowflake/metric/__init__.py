"""Finite metrics: matrices, graphs, trees and points, checked and computed row by row."""
