"""How fast the report is built and its networks train, each figure beside its rival in the same run.

Run by `make bench`, or as `python -m benchmarks`; docs/benchmarks.md explains how to read the result.
"""
