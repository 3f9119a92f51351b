"""Cases made from the OpenAPI document: no request is answered with 5xx or outside its schema."""
