"""Lets a language model lead a reading while every value stays one of the note's own words."""
