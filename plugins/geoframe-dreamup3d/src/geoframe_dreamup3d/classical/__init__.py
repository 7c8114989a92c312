"""Objects without learning: clusters above the table, boxes, completed shapes."""
