"""What an operator does and sees, told on the real program with a paper account; the same stories make pictures."""
