"""Development and test aids: databases that pip brings, and the launcher. The server never imports them."""
