"""The code of the report: data, training, figures."""
