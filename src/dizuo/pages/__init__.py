"""What every page that dizuo writes for people shares: style, words in both languages, numbers."""
