/* migrate.h - the schema: numbered files of SQL, applied in order, forward only. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

/* Applies the files NNNN_name.sql of dir that table schema_version does not name yet; *applied
 * counts them.  MariaDB commits each CREATE by itself, so a file that fails half way is repaired
 * by hand: the sentence at why says which.  E_DB otherwise, E_UNAVAILABLE. */
enum err migrate_apply(struct db *db, struct arena *a, const char *dir, int *applied, char *why,
    size_t why_size) CHECKED;

/* The highest version that was applied, 0 for none. */
enum err migrate_version(struct db *db, struct arena *a, int *version) CHECKED;

/* The highest version among the files of dir, -1 where it cannot be read. */
int migrate_newest(const char *dir);

#endif
