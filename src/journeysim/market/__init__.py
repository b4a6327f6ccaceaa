"""What becomes of the customers: word of mouth, complaints, loyalty, choice between banks, and value.

Rules are pure functions over arrays; only the month-by-month projection knows a calendar.
"""
