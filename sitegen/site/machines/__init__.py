"""What machines read: feeds, the sitemap, cards for other places, Markdown twins, redirects and headers for hosts."""
