"""A small Google Cloud on loopback, for rehearsal, demo and tests; never deployed.

Google's own client libraries talk to it over the real REST paths and over gRPC. What a call may do is decided from the
sandbox's own state: token scopes, API state, allow and deny policies, conditions. A refused call is really refused, and
leaves the log entry that Google would write. Requests and replies are held to Google's discovery documents.
"""
