/* multipart.c - a state machine over the pieces of a multipart body.
 *
 * Invariant: CR stands only at the head of the delimiter (a boundary cannot hold one), so after a
 * mismatch what had matched is data as a whole, and the byte that did not match may begin anew. */
#include "http/multipart.h"

#include <string.h>
#include <strings.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* A parameter of a header value at *at ("; name=value"): sets name and value (unquoted into out,
 * cut at size; cut tells) and moves *at behind it.  false at the end. */
static bool
next_parameter(const char **at, const char *end, const char **name, size_t *name_n, char *out,
    size_t size, size_t *out_n, bool *cut)
{
	const char *p = *at;
	bool quoted = false;

	*out_n = 0;
	*cut = false;
	while (p < end && (is_space(*p) || *p == ';'))
		p++;
	if (p == end)
		return false;
	*name = p;
	while (p < end && *p != '=' && *p != ';')
		p++;
	*name_n = (size_t)(p - *name);
	while (*name_n > 0 && is_space((*name)[*name_n - 1]))
		(*name_n)--;
	if (p < end && *p == '=') {
		p++;
		while (p < end && is_space(*p))
			p++;
		if (p < end && *p == '"') {
			quoted = true;
			p++;
		}
		for (; p < end && *p != (quoted ? '"' : ';'); p++) {
			/* A backslash escapes a quote, and nothing else: old browsers send whole
			 * paths. */
			if (quoted && *p == '\\' && end - p > 1 && p[1] == '"')
				p++;
			if (*out_n < size)
				out[(*out_n)++] = *p;
			else
				*cut = true;
		}
		while (!quoted && *out_n > 0 && is_space(out[*out_n - 1]))
			(*out_n)--;
		if (quoted && p < end)
			p++;
		while (p < end && *p != ';')
			p++;
	}
	*at = p;
	return true;
}

static bool
is(const char *p, size_t n, const char *word)
{
	return n == strlen(word) && strncasecmp(p, word, n) == 0;
}

bool
multipart_is(const char *content_type)
{
	static const char type[] = "multipart/form-data";
	size_t n = sizeof type - 1;

	return strncasecmp(content_type, type, n) == 0 &&
	       (content_type[n] == '\0' || content_type[n] == ';' || is_space(content_type[n]));
}

static bool
boundary_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	       (c != '\0' && strchr("'()+_,-./:=? ", c) != NULL);
}

bool
multipart_init(struct multipart *m, const char *content_type, const struct multipart_sink *sink)
{
	const char *at = strchr(content_type, ';'), *end = content_type + strlen(content_type),
		   *name;
	char *boundary = m->delimiter + 4;
	size_t name_n, n = 0;
	bool cut = false, found = false;

	m->sink = sink;
	m->state = M_PREAMBLE;
	m->line_n = 0;
	/* The first delimiter may stand at the very beginning, where no line end precedes it. */
	m->matched = 2;
	memcpy(m->delimiter, "\r\n--", 4);
	while (!found && at != NULL &&
	       next_parameter(&at, end, &name, &name_n, boundary, MULTIPART_BOUNDARY, &n, &cut))
		found = is(name, name_n, "boundary");
	m->delimiter_n = 4 + n;
	if (!found || cut || n == 0 || boundary[n - 1] == ' ')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!boundary_char(boundary[i]))
			return false;
	}
	return true;
}

/* Finds the part's name in its headers, which stand in m->line. */
static void
read_headers(struct multipart *m)
{
	static const char disposition[] = "content-disposition:";
	const char *at = m->line, *end = m->line + m->line_n, *name;
	char value[MULTIPART_NAME];
	size_t name_n, n;
	bool cut;

	m->part = (struct multipart_part){ .file = false };
	while (at < end) {
		const char *line = at, *stop = memchr(at, '\n', (size_t)(end - at));

		if (stop == NULL)
			stop = end;
		at = stop == end ? end : stop + 1;
		if (stop > line && stop[-1] == '\r')
			stop--;
		if ((size_t)(stop - line) < sizeof disposition - 1 ||
		    strncasecmp(line, disposition, sizeof disposition - 1) != 0)
			continue;
		line = memchr(line, ';', (size_t)(stop - line));
		while (line != NULL && next_parameter(&line, stop, &name, &name_n, value,
					   sizeof value - 1, &n, &cut)) {
			value[n] = '\0';
			if (is(name, name_n, "name") && !cut && strlen(value) == n) {
				memcpy(m->part.name, value, n + 1);
			} else if (is(name, name_n, "filename") || is(name, name_n, "filename*")) {
				m->part.file = true;
				m->part.file_named |= n > 0;
			}
		}
		return;
	}
}

static enum err
emit(struct multipart *m, const char *p, size_t n)
{
	if (m->state != M_DATA || n == 0)
		return E_OK;
	return m->sink->data(m->sink->arg, p, n);
}

/* Data up to the delimiter, in preamble and parts.  Returns how much of p was used. */
static size_t
push_data(struct multipart *m, const char *p, size_t n, enum err *e)
{
	const char *at = p, *end = p + n, *run = p;

	*e = E_OK;
	for (;;) {
		size_t left = (size_t)(end - at), want, got;

		if (m->matched == 0) {
			const char *cr = memchr(at, '\r', left);

			if (cr == NULL) {
				*e = emit(m, run, (size_t)(end - run));
				return n;
			}
			at = cr;
			left = (size_t)(end - at);
		}
		want = m->delimiter_n - m->matched;
		got = want < left ? want : left;
		if (memcmp(at, m->delimiter + m->matched, got) != 0) {
			if (m->matched > 0) {
				/* It began in an earlier piece and is none: the delimiter has its
				 * bytes. */
				*e = emit(m, m->delimiter, m->matched);
				m->matched = 0;
				if (*e != E_OK)
					return 0;
			} else {
				at++;
			}
			continue;
		}
		*e = emit(m, run, (size_t)(at - run));
		if (*e != E_OK)
			return 0;
		m->matched += got;
		if (m->matched < m->delimiter_n)
			return n;
		m->matched = 0;
		if (m->state == M_DATA)
			*e = m->sink->end(m->sink->arg);
		m->state = M_DELIMITER;
		m->line_n = 0;
		return (size_t)(at - p) + got;
	}
}

/* What stands behind a delimiter: "--" ends the body, white space and a line end begin a part. */
static enum err
push_delimiter(struct multipart *m, char c)
{
	if (m->line_n == 1 && m->line[0] == '-') {
		m->state = c == '-' ? M_EPILOGUE : M_DAMAGED;
	} else if (m->line_n == 1 && m->line[0] == '\r') {
		m->state = c == '\n' ? M_HEADERS : M_DAMAGED;
		m->line_n = 0;
	} else if (c == '-' && m->line_n == 0) {
		m->line[m->line_n++] = c;
	} else if (c == '\r' || is_space(c)) {
		m->line[0] = c;
		m->line_n = 1;
	} else {
		m->state = M_DAMAGED;
	}
	return m->state == M_DAMAGED ? E_PARAM : E_OK;
}

static enum err
push_header(struct multipart *m, char c)
{
	if (m->line_n == sizeof m->line) {
		m->state = M_DAMAGED;
		return E_PARAM;
	}
	m->line[m->line_n++] = c;
	/* The empty line that ends the headers; it is the first one where there are none. */
	if (c != '\n' || m->line_n < 2 || m->line[m->line_n - 2] != '\r' ||
	    (m->line_n > 2 && (m->line_n < 4 || m->line[m->line_n - 3] != '\n')))
		return E_OK;
	read_headers(m);
	m->state = M_DATA;
	return m->sink->begin(m->sink->arg, &m->part);
}

enum err
multipart_push(struct multipart *m, const char *p, size_t n)
{
	size_t i = 0;
	enum err e = E_OK;

	while (e == E_OK && i < n) {
		switch (m->state) {
		case M_PREAMBLE:
		case M_DATA:
			i += push_data(m, p + i, n - i, &e);
			break;
		case M_DELIMITER:
			e = push_delimiter(m, p[i++]);
			break;
		case M_HEADERS:
			e = push_header(m, p[i++]);
			break;
		case M_EPILOGUE:
			return E_OK;
		case M_DAMAGED:
			return E_PARAM;
		}
	}
	if (e != E_OK)
		m->state = M_DAMAGED;
	return e;
}

bool
multipart_complete(const struct multipart *m)
{
	return m->state == M_EPILOGUE;
}
