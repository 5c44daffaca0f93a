"""The science of the report: data, models, training and analyses. Knows nothing of documents."""
