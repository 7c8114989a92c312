"""Named sources of scenes."""
