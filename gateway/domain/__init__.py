"""Pure rules of the exchange: statuses, deliveries, deadlines, retries and errors. No input or output."""
