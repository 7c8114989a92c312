"""Networks from points with colours to features of points."""
