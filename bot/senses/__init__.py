"""What hears and sees for the reader: voice notes to words, pictures to lines of print."""
