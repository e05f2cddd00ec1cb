"""What residents ask and the list does not answer well: kept without anything personal, for editors."""
