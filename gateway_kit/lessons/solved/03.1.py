def faq(question):
    plain = " ".join(question.split()).lower()
    return gateway.ask(plain, **cache.controls(namespace="03-faq", ttl_s=30))
