"""What stands in the smart bot's bubble while a note is being read, and what becomes of it."""

HEARD = "收到，在听"
READY = "听好了，看下面"
LONGER = "要久一点，好了就发你"
APART = "收到，单独回你"
"""In a group: who wrote is answered in his own chat."""
