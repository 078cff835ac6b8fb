/* db_text.h - private to lib/store: the text of statements with list parameters. */
#ifndef STORE_DB_TEXT_H
#define STORE_DB_TEXT_H

#include <stddef.h>

#define DB_LIST_MAX 1024

/* The size for which a list of n values is prepared: 1, 2, 4, ... DB_LIST_MAX. */
size_t db_bucket(size_t n);

/* The text with each "(?...)" as so many placeholders; free() it. */
char *db_expand(const char *text, size_t bucket);

#endif
