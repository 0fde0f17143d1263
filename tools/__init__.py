"""The development kit: obtains Odoo, runs PostgreSQL, and creates, serves and tests databases."""
