"""How Atlassian is asked: the HTTP client, the calls to Jira, JSM and Assets, and the decoders of field values. Imports nothing of the project's."""
