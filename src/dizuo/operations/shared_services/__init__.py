"""Public services that cities share (一网通享): who may have which, and which cities take it."""
