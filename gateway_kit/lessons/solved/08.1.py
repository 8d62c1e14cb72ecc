def retire(key):
    grown.gateway.keys.block(key)  # every replica is told, and forgets the key
    grown.gateway.keys.delete(key)
