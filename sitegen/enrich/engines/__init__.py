"""What turns a document's text into a summary. ``base`` says what an engine is; each other module is one."""
