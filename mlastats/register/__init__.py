"""Raw register files to the requests table: read, recognise, account for every row."""
