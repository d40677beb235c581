"""What is carried from one side to the other."""
