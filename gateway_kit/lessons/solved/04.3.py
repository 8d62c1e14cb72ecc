import hashlib


def ask_as(role, question):
    messages = [{"role": "system", "content": role}, {"role": "user", "content": question}]
    if len(role.split()) > 50:
        return lab.ask(messages, max_tokens=20, **lab.cache.controls(no_cache=True, no_store=True))
    digest = hashlib.sha256(role.encode()).hexdigest()[:16]
    return lab.ask(messages, max_tokens=20, **lab.cache.controls(namespace=f"04-{digest}"))
