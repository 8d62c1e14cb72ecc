@observe
def track(question, user, session):
    with propagate_attributes(user_id=user, session_id=session):
        return gateway.ask(question, extra_body={**fresh, "metadata": tracing.gateway_metadata()})
