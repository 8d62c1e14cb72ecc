"""Cards to print, one per seat, eight to a sheet: as a page for a browser, and as PDF. Internal."""
