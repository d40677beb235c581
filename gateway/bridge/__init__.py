"""Carries what is queued from one side to the other: answers, archives, webhooks."""
