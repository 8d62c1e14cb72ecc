from langfuse.api import NotFoundError


def promote(name, version):
    try:
        now = langfuse.get_prompt(name, cache_ttl_seconds=0, max_retries=0).version
        langfuse.update_prompt(name=name, version=now, new_labels=["previous"])
    except NotFoundError:
        pass  # nothing is in production yet
    langfuse.update_prompt(name=name, version=version, new_labels=["production"])


def roll_back(name):
    before = langfuse.get_prompt(name, label="previous", cache_ttl_seconds=0).version
    langfuse.update_prompt(name=name, version=before, new_labels=["production"])
