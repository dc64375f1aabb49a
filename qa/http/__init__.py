"""The service over HTTP: one module a resource, errors as problem documents."""
