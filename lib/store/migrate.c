/* migrate.c - applies the numbered files in sql/.  Invariant: a version is entered only after its
 * whole file was applied, so a run that was broken off is noticed by the next one. */
#include "store/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define FILE_MAX (1 << 20)

static const char table[] =
    "CREATE TABLE IF NOT EXISTS schema_version (version INT NOT NULL PRIMARY KEY, "
    "name VARCHAR(100) NOT NULL, applied_ms BIGINT NOT NULL) "
    "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

SQL(version_newest, "SELECT MAX(version) FROM schema_version", "", "i");
SQL(version_enter, "INSERT INTO schema_version (version, name, applied_ms) VALUES (?, ?, ?)", "isi",
    "");

/* "0001_base.sql" */
static int
is_migration(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 9 && strspn(d->d_name, "0123456789") == 4 && d->d_name[4] == '_' &&
	    strcmp(d->d_name + n - 4, ".sql") == 0;
}

static int
version_of(const char *name)
{
	return (int)strtol(name, NULL, 10);
}

int
migrate_newest(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_migration, alphasort), newest = n < 0 ? -1 : 0;

	for (int i = 0; i < n; i++) {
		newest = version_of(names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return newest;
}

enum err
migrate_version(struct db *db, struct arena *a, int *version)
{
	char why[300];
	struct rows r;
	enum err e = db_script(db, table, why, sizeof(why));

	*version = 0;
	if (e == E_OK)
		e = db_select(db, a, &version_newest, ARGS({ 0 }), &r);
	if (e == E_OK && r.n == 1)
		*version = (int)r.v[0].i;
	return e;
}

static bool
slurp(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	char chunk[8192];
	size_t n;
	bool good;

	if (f == NULL)
		return false;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	good = !ferror(f) && !out->full;
	fclose(f);
	return good;
}

static enum err
apply(struct db *db, struct arena *a, const char *dir, const char *name, char *why, size_t why_size)
{
	char *path = arena_printf(a, "%s/%s", dir, name), detail[300] = "";
	struct buf text;
	enum err e;

	buf_init(&text, FILE_MAX);
	if (!slurp(path, &text)) {
		snprintf(why, why_size, "%s: %s", path, text.full ? "larger than 1 MiB" : strerror(errno));
		buf_free(&text);
		return E_DB;
	}
	e = db_script(db, text.p, detail, sizeof(detail));
	buf_free(&text);
	if (e == E_OK)
		e = db_exec(db, &version_enter, ARGS(I(version_of(name)), S(name), I(clock_ms())), NULL);
	if (e != E_OK)
		snprintf(why, why_size, "%s: %s", path, detail[0] ? detail : err_text(e, LANG_EN));
	return e;
}

enum err
migrate_apply(struct db *db, struct arena *a, const char *dir, int *applied, char *why,
    size_t why_size)
{
	struct dirent **names;
	int n, version;
	enum err e = migrate_version(db, a, &version);

	*applied = 0;
	why[0] = '\0';
	if (e != E_OK) {
		snprintf(why, why_size, "%s", err_text(e, LANG_EN));
		return e;
	}
	n = scandir(dir, &names, is_migration, alphasort);
	if (n < 0) {
		snprintf(why, why_size, "%s: %s", dir, strerror(errno));
		return E_DB;
	}
	for (int i = 0; i < n; i++) {
		if (e == E_OK && version_of(names[i]->d_name) > version) {
			e = apply(db, a, dir, names[i]->d_name, why, why_size);
			*applied += e == E_OK;
		}
		free(names[i]);
	}
	free(names);
	return e;
}
