FORBIDDEN = "the vault"
