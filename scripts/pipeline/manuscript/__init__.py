"""What a manuscript is made of, without any format; and the formats: Word, LaTeX, Markdown."""
