forgotten = {}  # customer: how many times


def namespace_of(customer):
    return f"03-desk-{customer}-{forgotten.get(customer, 0)}"


def desk(question, customer):
    return gateway.ask(question, **cache.controls(namespace=namespace_of(customer)))


def forget(customer):
    cache.delete_namespace(namespace_of(customer))
    forgotten[customer] = forgotten.get(customer, 0) + 1
