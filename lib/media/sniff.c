/* sniff.c - the kind of a file by its first bytes.
 *
 * A file of its own because programs that only receive clips call nothing else of this room: alone,
 * it brings neither libav nor the cell into them. */
#include "media/media.h"

#include <string.h>

static bool
is_at(const unsigned char *p, size_t n, size_t at, const char *what)
{
	size_t len = strlen(what);

	return n >= at + len && memcmp(p + at, what, len) == 0;
}

/* A file of the MPEG-4 family, by its first box.  Still pictures use the same boxes. */
static const char *
sniff_boxes(const unsigned char *p, size_t n)
{
	static const char *const still[] = { "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1",
		"msf1", "avif", "avis", "crx ", "jxl " };
	static const char *const old[] = { "moov", "mdat", "wide", "free", "skip" };

	if (is_at(p, n, 4, "ftyp")) {
		for (size_t i = 0; i < sizeof still / sizeof *still; i++)
			if (is_at(p, n, 8, still[i]))
				return NULL;
		return is_at(p, n, 8, "qt  ") ? "mov" : "mp4";
	}
	/* QuickTime from before there was a type box. */
	for (size_t i = 0; i < sizeof old / sizeof *old; i++)
		if (is_at(p, n, 4, old[i]))
			return "mov";
	return NULL;
}

const char *
media_sniff(const unsigned char *p, size_t n)
{
	if (n < 16)
		return NULL;
	if (is_at(p, n, 0, "\x1a\x45\xdf\xa3")) {
		/* The DocType: its id, its length with the marker bit, its text. */
		for (size_t i = 4; i + 3 < n; i++) {
			if (is_at(p, n, i, "\x42\x82\x84webm"))
				return "webm";
			if (is_at(p, n, i, "\x42\x82\x88matroska"))
				return "mkv";
		}
		return NULL;
	}
	if (is_at(p, n, 0, "RIFF"))
		return is_at(p, n, 8, "AVI ") ? "avi" : NULL;
	return sniff_boxes(p, n);
}

const char *
media_sniff_image(const unsigned char *p, size_t n)
{
	if (n < 16)
		return NULL;
	if (is_at(p, n, 0, "\xff\xd8\xff"))
		return "jpg";
	if (is_at(p, n, 0, "\x89PNG\r\n\x1a\n"))
		return "png";
	return is_at(p, n, 0, "RIFF") && is_at(p, n, 8, "WEBP") ? "webp" : NULL;
}
