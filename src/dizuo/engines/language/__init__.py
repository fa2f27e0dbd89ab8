"""A language model, run on the processor: texts become directions."""
