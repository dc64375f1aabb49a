"""/v1: the OpenAI protocol, so that its clients and front-ends work unchanged.

A conversation is a question with its history. System messages are ignored: what an answer may say
is for the articles to decide. The text has its [n] markers; the message's `annotations` say which
of its ranges cites what. Two fields beyond the protocol, `citations` and `passages`, hold what
`POST /ask` gives.
"""
