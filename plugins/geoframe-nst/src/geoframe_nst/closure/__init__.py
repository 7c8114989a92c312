"""What precedes what: reachability, cycles and feedback arc sets of directed graphs."""
