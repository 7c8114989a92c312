"""What is installed: discovery, lookup and health of plugins, and runs by method name."""
