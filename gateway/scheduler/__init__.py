"""Says when: a table of periodic verbs claimed by leases."""
