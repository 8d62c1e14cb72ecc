import hashlib

tracing.mask = mask_personal_data


@observe
def discreet(question, customer):
    pseudonym = hashlib.sha256(customer.encode()).hexdigest()[:12]
    with propagate_attributes(user_id=pseudonym):
        metadata = tracing.gateway_metadata(mask_input=True, mask_output=True)
        return gateway.ask(question, extra_body={**fresh, "metadata": metadata})
