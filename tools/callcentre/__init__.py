"""Parts of ``tools/call_centre.py``: from the records of a real call centre to a map and its test."""
