"""The images of the report: the course's files, public data in their format, and stand-ins."""
