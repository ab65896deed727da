"""Run a flow from the command line: arguments, embedded server, display."""
