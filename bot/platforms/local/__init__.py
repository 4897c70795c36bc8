"""The local platform: phones that live in this program's own database, for the demo."""
