"""The tables of the store: a module each family of the API, with what it takes to create or update them."""
