"""The board: what each seat has passed, where it is, who is stuck; from the workshop's store to a page. Internal."""
