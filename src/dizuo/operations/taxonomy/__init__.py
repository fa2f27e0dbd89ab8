"""Code lists of what cases are about: components, events and natures, as dated data."""
