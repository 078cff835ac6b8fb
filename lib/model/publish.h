/* publish.h - from a file that has come whole to a clip in its owner's list: the one way for every
 * kind of upload. */
#ifndef MODEL_PUBLISH_H
#define MODEL_PUBLISH_H

#include "model/call.h"

struct publish {
	const char *incoming; /* the file, of files_receive() or below incoming/ */
	int fd;               /* of it */
	int64_t size_bytes;
	const char *ext;      /* what kind it is, by media_sniff(); NULL: no video */
	const char *title;    /* "": untitled */
	const char *description; /* NULL: none */
};

/* Makes it a clip of the viewer and closes fd in any case.  E_NOT_VIDEO and E_QUOTA leave the
 * incoming file where it is; other errors remove it; but after E_UNSURE the clip may stand. */
enum err publish_file(struct call *c, const struct publish *p, int64_t *id) CHECKED;

#endif
