"""What can be told of a report before anything runs: faults, which stop a build, and notices, which do not.

A fault is what would surely stop the build later. What a chunk may still bring about as it runs, a label that
it prints or a picture that it writes, is in doubt and told as a notice. See `docs/checking.md`.
"""
