"""What people read: tables, sentences, pages."""
