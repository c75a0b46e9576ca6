"""The command line: the only room that writes to the screen or knows an exit code."""
