"""Where documents come from. Each source is one module; ``open_source`` chooses by the settings."""
