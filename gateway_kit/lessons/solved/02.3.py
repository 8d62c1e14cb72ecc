whose = keys.info(posted)["key_alias"]
keys.block(posted)
replacement = keys.rotate(posted)
