"""One RGB-D image in the frame of the table that it shows."""
