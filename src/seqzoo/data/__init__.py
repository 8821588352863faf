"""Numbers from any source: typed or read from tables, made regular, cut into windows, scaled."""
