/* media_media.c - the kinds of files by their first bytes, and the table of refusals. */
#include "media/media.h"
#include "unit.h"

/* The kind of a file that begins with these n bytes and goes on with zeros; "" for none. */
static const char *
sniff(const char *head, size_t n)
{
	unsigned char p[64] = { 0 };
	const char *kind;

	memcpy(p, head, n);
	kind = media_sniff(p, sizeof p);
	return kind ? kind : "";
}
#define SNIFF(s) sniff(s, sizeof s - 1)

CASE(mpeg4_family)
{
	CHECK_STR(SNIFF("\0\0\0\40ftypisom\0\0\2\0"), "mp4");
	CHECK_STR(SNIFF("\0\0\0\30ftypmp42"), "mp4");
	CHECK_STR(SNIFF("\0\0\0\30ftyp3gp5"), "mp4");
	CHECK_STR(SNIFF("\0\0\0\24ftypqt  "), "mov");
	CHECK_STR(SNIFF("\0\0\0\10wide\0\0\0\0mdat"), "mov");
	CHECK_STR(SNIFF("\0\0\1\0moov"), "mov");
}

CASE(still_pictures_are_no_videos)
{
	CHECK_STR(SNIFF("\0\0\0\30ftypheic"), "");
	CHECK_STR(SNIFF("\0\0\0\30ftypavif"), "");
	CHECK_STR(SNIFF("\xff\xd8\xff\xe0\0\x10JFIF"), "");
	CHECK_STR(SNIFF("\x89PNG\r\n\x1a\n"), "");
	CHECK_STR(SNIFF("RIFF\0\0\0\0WEBPVP8 "), "");
}

CASE(ebml_by_document_type)
{
	CHECK_STR(SNIFF("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm"), "webm");
	CHECK_STR(SNIFF("\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska"), "mkv");
	CHECK_STR(SNIFF("\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x84xebm"), "");
	CHECK_STR(SNIFF("\x1a\x45\xdf\xa3"), "");
}

CASE(ebml_cut_in_the_name)
{
	static const unsigned char head[] =
	    "\x1a\x45\xdf\xa3\x93\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm";

	CHECK(media_sniff(head, sizeof head - 2) == NULL);
	CHECK_STR(media_sniff(head, sizeof head - 1), "webm");
}

CASE(avi_and_others)
{
	CHECK_STR(SNIFF("RIFF\x10\0\0\0AVI LIST"), "avi");
	CHECK_STR(SNIFF("RIFF\x10\0\0\0WAVEfmt "), "");
	CHECK_STR(SNIFF("#EXTM3U\n#EXT-X-VERSION:3\n"), "");
	CHECK_STR(SNIFF("ffconcat version 1.0\n"), "");
	CHECK_STR(SNIFF(""), "");
}

CASE(too_few_bytes)
{
	static const unsigned char head[] = "\0\0\0\30ftypmp42\0\0\0";

	CHECK(media_sniff(head, 0) == NULL);
	CHECK(media_sniff(head, 15) == NULL);
	CHECK_STR(media_sniff(head, 16), "mp4");
}

CASE(refusals_have_codes_and_texts)
{
	CHECK_STR(refuse_code(REFUSE_TRUNCATED), "truncated");
	CHECK_STR(refuse_code(REFUSE_NONE), "");
	CHECK_STR(refuse_code(REFUSE_COUNT), "");
	CHECK_STR(refuse_text(REFUSE_COUNT, true), "");
	for (int r = REFUSE_NONE + 1; r < REFUSE_COUNT; r++) {
		CHECK(refuse_code(r)[0] != '\0');
		CHECK(refuse_text(r, false)[0] >= 'A' && refuse_text(r, false)[0] <= 'Z');
		CHECK((unsigned char)refuse_text(r, true)[0] > 127);
		for (int other = REFUSE_NONE; other < r; other++)
			CHECK(strcmp(refuse_code(r), refuse_code(other)) != 0);
	}
}

UNIT_MAIN
