"""Article 9: infrastructure, its layout and its use."""
