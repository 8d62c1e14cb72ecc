whose = keys.info(posted)["alias"]
keys.block(posted)
replacement = keys.rotate(posted)
