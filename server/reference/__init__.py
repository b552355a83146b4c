"""What the API is, made from the schema: its text at `/schema.graphql`, and a page to read at `/docs`."""
