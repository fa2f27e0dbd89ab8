"""What the register of devices does not hold of things, places and what is observed of them."""
