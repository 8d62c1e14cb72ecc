// The search shows where a word stands by fetching the page, which browsers do not allow for files.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
