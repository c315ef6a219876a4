"""Services on real stores, without HTTP."""
