"""Stand-ins for the servers that sitegen talks to; each speaks real HTTP and answers as the real one does."""
