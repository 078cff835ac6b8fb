/* describe.h - an endpoint in words: JSON for programs (route files, OpenAPI), text for people. */
#ifndef HTTP_DESCRIBE_H
#define HTTP_DESCRIBE_H

#include <stdio.h>

#include "http/endpoint.h"

void describe_json(const struct endpoint *ep, FILE *out);
void describe_help(const struct endpoint *ep, FILE *out);

#endif
