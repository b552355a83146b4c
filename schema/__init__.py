"""What a client can ask: the GraphQL types, inputs and roots. Imports nothing of the project's other packages."""
