"""From files to citable passages. Knows nothing of questions, models or pages."""
