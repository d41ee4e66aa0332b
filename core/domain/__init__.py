"""Rules without effects: clock, chance, files and answers come in as arguments."""
