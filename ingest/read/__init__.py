"""Readers: one module a format, each turning bytes into `ParsedDocument`s. A child process with limits runs them."""
