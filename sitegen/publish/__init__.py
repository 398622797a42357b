"""From a built site to a public one."""
