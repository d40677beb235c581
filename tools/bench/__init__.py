"""Measures both doors against their budgets, beside nginx, a bare aiohttp answer, OpenSSH and ProFTPD.

python -m tools.bench --help
"""
