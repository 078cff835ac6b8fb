/* curl.h - libcurl, loaded when it is first asked for.
 *
 * Few programs speak to an object store, and none where the media are files.  Linked, libcurl and
 * the thirty libraries behind it cost every process 4 MB of its own before it has done anything
 * (publish_action, idle: 5.1 MB private against 0.85); so it is opened by dlopen(), once a process,
 * and called through this table. */
#ifndef STORE_CURL_H
#define STORE_CURL_H

#include <curl/curl.h>

#define CURL_TABLE(F)                                                                              \
	F(global_init)                                                                              \
	F(easy_init)                                                                                \
	F(easy_reset)                                                                               \
	F(easy_setopt)                                                                              \
	F(easy_perform)                                                                             \
	F(easy_getinfo)                                                                             \
	F(easy_strerror)                                                                            \
	F(slist_append)                                                                             \
	F(slist_free_all)

struct curl_table {
#define F(name) __typeof__(curl_##name) *name;
	CURL_TABLE(F)
#undef F
};

/* The functions, or NULL (logged once: what is missing and which package has it). */
const struct curl_table *curl_load(void);

#endif
