"""A throwaway PostgreSQL with the roles and databases the tests use."""
from support import pg

ROLES = """
create role app login password 'app-secret';
create role other login password 'other-secret';
create database app owner app;
create database second owner app;
"""


def database(auth, **options):
    postgres = pg.Postgres.start(auth=auth, **options)
    postgres.psql(ROLES.replace(";\n", ";\n\n"))
    return postgres
