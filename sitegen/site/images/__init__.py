"""Images: what pages show of the raster images of a site, in sizes and formats that suit each reader.

An image is first probed (``probe``), then its variants are laid out (``variants``), so that pages can name them; they
are encoded (``encode``) and kept (``cache``) only when a page shows the image. Files that are published as they are
lose their metadata (``strip``). ``gallery`` is what pages and templates ask.
"""
