/* conf.h - the configuration: one table makes the struct, the reader, the sample file and the
 * documentation.
 *
 * A file of "key = value" lines ('#' begins a comment line), then the environment on top: DOUFU_
 * and the key in capitals.  An unknown key or a bad value stops the start and is named with file
 * and line (or with the variable).  Secrets stand in their own 0600 file (secret_file), same
 * syntax, with the keys marked SECRET. */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* CONF(kind, key, default, min, max, documentation)
 * TEXT: text of at most max bytes.    INT: a whole number.      BYTES: with K, M or G.
 * SPAN: seconds, with s, m, h or d.   SECRET: as TEXT, only in secret_file or the environment. */
#define CONF_TABLE(CONF)                                                                           \
	CONF(TEXT, public_url, "", 0, 500,                                                          \
	    "Address that clients see, as https://v.example.org, without a slash at the end. Empty: " \
	    "taken from each request's Host header.")                                               \
	CONF(TEXT, media_url, "", 0, 500,                                                           \
	    "Address under which media_dir is served, when it is not public_url/media (a CDN).")    \
	CONF(TEXT, db_hosts, "", 0, 1000,                                                           \
	    "Database servers, host or host:port, comma separated, tried in this order. Empty: "    \
	    "db_socket.")                                                                           \
	CONF(TEXT, db_socket, "", 0, 200, "Unix socket of the database server on this machine.")     \
	CONF(TEXT, db_name, "doufu", 1, 64, "Database.")                                             \
	CONF(TEXT, db_user, "doufu", 1, 64, "Database user.")                                        \
	CONF(SECRET, db_password, "", 0, 200, "Password of the database user.")                      \
	CONF(SPAN, db_timeout, "10", 1, 600,                                                        \
	    "Longest wait for one answer of the database, seconds (keep it above Galera's 6 s stall).") \
	CONF(TEXT, cache_servers, "", 0, 1000,                                                      \
	    "memcached servers: a unix socket path, or host:port, comma separated, the same list "  \
	    "and order everywhere. Empty: no cache.")                                               \
	CONF(TEXT, cache_prefix, "d", 1, 16, "Put before every cache key.")                          \
	CONF(SPAN, cache_ttl, "2m", 5, 3600, "Longest life of a cached row.")                        \
	CONF(INT, host_id, "0", 0, 127, "Number of this host in every id: different on each host.")  \
	CONF(INT, hosts, "1", 1, 128,                                                               \
	    "Hosts that share the database. With 1, a program believes its own copy of a row for "  \
	    "5 s (the host's shared memory tells it of every change), else for 1 s.")               \
	CONF(TEXT, shm_file, "run/shm", 1, 200,                                                     \
	    "File of the memory that all programs of this host share (5 MiB; best on tmpfs).")      \
	CONF(TEXT, secret_file, "secret", 1, 200, "File of the secrets, mode 0600.")                 \
	CONF(SECRET, token_key, "", 64, 128, "Key of the tokens: 64 to 128 hex digits.")             \
	CONF(SPAN, token_ttl, "7d", 60, 315360000, "Life of a token.")                               \
	CONF(INT, password_cost, "6", 1, 11,                                                        \
	    "Cost of yescrypt: 5 takes 14 ms and 16 MiB, 6 takes 36 ms and 32 MiB, 7 the double.")  \
	CONF(SPAN, leave_grace, "7d", 0, 31536000,                                                  \
	    "How long who deletes his account can come back by logging in.")                        \
	CONF(INT, login_free, "10", 1, 1000, "Failed logins in login_window before the name is frozen.") \
	CONF(SPAN, login_window, "15m", 1, 86400, "See login_free.")                                 \
	CONF(INT, rate_per_second, "5", 0, 100000,                                                  \
	    "Likes, follows, comments, messages and uploads a second, each for one user. 0: no limit.") \
	CONF(INT, rate_burst, "20", 1, 100000, "How many of them may come at once.")                 \
	CONF(INT, rate_addr_per_minute, "120", 0, 1000000,                                          \
	    "Registrations, logins, questions whether a name is taken, a minute from one address. 0: no limit.") \
	CONF(INT, rate_addr_burst, "100", 1, 1000000, "How many of them may come at once.")          \
	CONF(TEXT, media_dir, "media", 1, 200, "Directory of clips and covers.")                     \
	CONF(TEXT, page_file, "app/htdocs/index.html", 1, 200,                                      \
	    "The page of the web client: the pages of clips and users are it, with a head of their own.") \
	CONF(TEXT, cover_file, "cover.jpg", 1, 200,                                                 \
	    "Not used any more: see cover.")                                 \
	CONF(TEXT, media_socket, "run/media.sock", 0, 100,                                          \
	    "Unix datagram socket on which the media worker is nudged. Empty: cron only.")          \
	CONF(BYTES, upload_max, "1G", 1024, 1099511627776, "Largest upload.")                        \
	CONF(BYTES, user_quota, "20G", 0, 1099511627776, "Bytes that one user may store. 0: no limit.") \
	CONF(SPAN, media_wall, "30m", 1, 86400, "Longest time for one clip in the cell.")            \
	CONF(SPAN, media_cpu, "1h", 1, 86400, "Most CPU time for one clip in the cell.")             \
	CONF(BYTES, media_memory, "1G", 268435456, 17179869184, "Most memory for one clip in the cell.") \
	CONF(TEXT, media_rungs, "720:2500:26,480:1200:28", 5, 200,                                  \
	    "What clips are made into: short edge, most kbit/s and quality (x264's crf) of each "   \
	    "rung, from the largest to the smallest, at most four.")                                \
	CONF(TEXT, media_preset, "veryfast", 4, 10,                                                 \
	    "x264's preset, ultrafast to medium: slower makes smaller files.")                      \
	CONF(INT, media_copy_kbps, "6000", 100, 100000,                                             \
	    "A clip that plays everywhere as it is, is copied up to this bit rate, not made anew.") \
	CONF(INT, feed_page, "30", 1, 30, "Clips in one page of the feed.")                          \
	CONF(INT, utc_offset, "480", -840, 840, "Minutes east of UTC, for dates in comments.")       \
	CONF(TEXT, avatar, "/img/avatar.png", 0, 500, "Avatar of users who have none.")              \
	CONF(TEXT, background, "/img/background.png", 0, 500, "Profile header of users who have none.") \
	CONF(TEXT, log_file, "", 0, 200, "Log file. Empty: standard error (the web server's error log).") \
	CONF(TEXT, log_level, "info", 4, 5, "error, warn, info or debug.")                           \
	CONF(SPAN, view_window, "5m", 1, 86400,                                                     \
	    "A viewer's plays of a clip count once in this time.")                                  \
	CONF(SPAN, views_keep, "90d", 86400, 315360000,                                             \
	    "How long plays are kept, for histories and recommendation. View counts stay.")         \
	CONF(TEXT, words_file, "", 0, 200,                                                          \
	    "Dictionary of forbidden words, one a line, '#' before a comment; read again when it "  \
	    "changes. Empty: nothing is forbidden.")                                                \
	CONF(TEXT, words_in, "comment,danmaku,title,name", 0, 100,                                  \
	    "Where they are forbidden: in comments, danmaku and titles (with descriptions) they are " \
	    "masked by '*', a name that has one is refused.")                                       \
	/* Media. */                                                                                \
	CONF(TEXT, cover, "/img/cover.jpg", 1, 500, "Picture of clips that have no cover yet.")      \
	CONF(INT, early_view, "1", 0, 1,                                                            \
	    "1: others see an MP4, MOV or WebM file as it came until its first output is there. 0: " \
	    "only then; what a camera wrote into a file, the place included, is in what came.")     \
	CONF(INT, media_workers, "0", 0, 64,                                                        \
	    "Clips that are transcoded at the same time. 0: one for every two cores.")              \
	CONF(SPAN, hls_over, "60", 1, 86400, "Longer clips are there as HLS, too.")                  \
	CONF(BYTES, picture_max, "10M", 1024, 1073741824, "Largest image for a cover or an avatar.") \
	CONF(TEXT, storage, "files", 2, 5,                                                          \
	    "Where clips and covers are kept: files (in media_dir) or s3 (in s3_bucket).")          \
	CONF(TEXT, s3_endpoint, "", 0, 500,                                                         \
	    "Address of an S3-compatible object store, as https://s3.eu-central-1.amazonaws.com.")  \
	CONF(TEXT, s3_bucket, "", 3, 63,                                                            \
	    "Its bucket, which everybody may read objects of, at media_url (empty: at the store).") \
	CONF(TEXT, s3_region, "us-east-1", 1, 50, "Its region, which requests are signed for.")      \
	CONF(TEXT, s3_key, "", 1, 200, "Id of the access key.")                                      \
	CONF(SECRET, s3_secret, "", 1, 200, "The secret of s3_key.")                                 \
	CONF(INT, s3_path_style, "1", 0, 1,                                                         \
	    "1: the bucket stands in the path, as most stores take it; 0: in the host name.")       \
	CONF(SPAN, s3_timeout, "30", 1, 600,                                                        \
	    "Longest wait for an answer of the store, and for 10 kB a second of a transfer.") \
	CONF(SPAN, recommend_fold, "1m", 5, 86400,                                                  \
	    "Pause between two runs of recommend_fold, which turns what people do into what they "  \
	    "are shown; at least ten times as long as the run before took.")                        \
	CONF(SPAN, recommend_near_every, "10m", 0, 604800,                                          \
	    "How often neighbours are looked for (clips and authors that the same people like).")   \
	CONF(INT, recommend_events, "500000", 1000, 10000000,                                       \
	    "Newest plays and likes, each, that neighbours are made of; a million takes 70 MB for " \
	    "some seconds.")                                                                        \
	CONF(SPAN, recommend_window, "90d", 3600, 315360000,                                        \
	    "What people did longer ago has no part in neighbours, nor do older clips in the works " \
	    "of an author.")                                                                        \
	CONF(SPAN, recommend_half_life, "14d", 3600, 315360000,                                     \
	    "After this time a play or a like counts half, for a clip's quality and a user's taste.") \
	CONF(SPAN, recommend_trend, "1d", 600, 315360000,                                           \
	    "After this time a play or a like counts half for what is trending.")                   \
	CONF(INT, recommend_near, "100", 0, 1000,                                                   \
	    "Weight of: who likes what you like also likes this. The weights are compared with each other.") \
	CONF(INT, recommend_taste, "100", 0, 1000,                                                  \
	    "Weight of: you like its author, authors that the same people like, or its tags.")       \
	CONF(INT, recommend_follow, "100", 0, 1000, "Weight of: you follow its author.")             \
	CONF(INT, recommend_hot, "100", 0, 1000, "Weight of: it is trending.")                       \
	CONF(INT, recommend_explore, "10", 0, 100,                                                  \
	    "Percent of the places that go to new clips, so that each gets a first audience.")      \
	CONF(INT, recommend_audience, "50", 1, 100000, "Plays up to which a clip is new.")           \
	CONF(SPAN, recommend_new, "3d", 60, 315360000, "Age up to which a clip is new.")             \
	CONF(SPAN, recommend_again, "30d", 86400, 126144000,                                            \
	    "A clip that was shown or watched is not recommended to the same user again for so long.")

#define CONF_TYPE_TEXT const char *
#define CONF_TYPE_SECRET const char *
#define CONF_TYPE_INT int64_t
#define CONF_TYPE_BYTES int64_t
#define CONF_TYPE_SPAN int64_t

struct conf {
#define CONF(kind, key, dflt, min, max, doc) CONF_TYPE_##kind key;
	CONF_TABLE(CONF)
#undef CONF
	const char *file;   /* what was read, "" if there was none */
	const char *s3_url; /* of the bucket, without a slash at the end; NULL: none is named */
	bool storage_is_s3;
};

/* Reads the file, its secret_file, and the environment.  path NULL: $DOUFU_CONF, else
 * var/doufu.conf, else /etc/doufu/doufu.conf, else the environment alone; no file and no DOUFU_
 * variable at all is an error.  Paths that do not begin with '/' are taken from the file's own
 * directory (from the current one without a file) and are absolute afterwards.  Returns the
 * process's one configuration, or NULL with a sentence at why. */
const struct conf *conf_load(const char *path, char *why, size_t why_size);

/* The sample file: each key with its documentation and default, commented out. */
void conf_print_sample(FILE *out);

/* The same table as Markdown, for the documentation. */
void conf_print_markdown(FILE *out);

#endif
