"""One file a vendor: paths, fields and errors as the vendor's own API gives them."""
