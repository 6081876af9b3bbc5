"""``make chaos``: the service is killed, again and again, while people on two platforms ask and confirm.

It is no part of the tests that pytest collects: it takes minutes, and its verdict comes from the logs of what
stands around the service, never from the service's own tables.
"""
