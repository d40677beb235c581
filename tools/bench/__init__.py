"""Measures the REST door against its budgets, beside nginx and a bare aiohttp answer.

python -m tools.bench --help
"""
