"""What reports tell together: free of persons, which are the same, and where they gather."""
