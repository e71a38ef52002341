"""Two perspectives on the same dyads: level, agreement, therapists with many clients, truth and bias."""
