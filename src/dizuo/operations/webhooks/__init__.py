"""Tell other systems what happens: an outbox, and signed deliveries that are tried again."""
