"""/v1: the OpenAI protocol, so that its clients and front-ends work unchanged.

A conversation is a question with its history. System messages are ignored: only the articles
decide what an answer may say. The text keeps its [n] markers; the message's `annotations` say
which range cites what. Two fields beyond the protocol, `citations` and `passages`, hold what
`POST /ask` returns.
"""
