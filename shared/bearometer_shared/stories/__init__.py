"""Stories: copies and rewrites of one report, joined as they arrive."""
