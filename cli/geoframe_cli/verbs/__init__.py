"""One module per verb, each with a click command of the verb's name."""
