/* publish.h - from a file that has come whole to a clip in its owner's list: the one way for every
 * kind of upload. */
#ifndef MODEL_PUBLISH_H
#define MODEL_PUBLISH_H

#include "model/picture.h"

struct publish {
	const char *incoming; /* the file, of files_receive() or below incoming/ */
	int fd;               /* of it */
	int64_t size_bytes;
	const char *ext;      /* what kind it is, by media_sniff(); NULL: no video */
	const char *title;    /* "": untitled */
	const char *description; /* NULL: none */
	const char *upload_id;   /* of an upload in parts, which becomes one clip at most; else NULL */
};

/* Makes it a clip of the viewer and closes fd in any case.  Where he has a clip of the same bytes, the
 * two share their files; the quota counts them once.  E_NOT_VIDEO and E_QUOTA leave the incoming file
 * where it is, else it is gone; after E_UNSURE the clip may stand. */
enum err publish_file(struct call *c, const struct publish *p, int64_t *id) CHECKED;

/* An image that was sent to become a cover or an avatar. */
struct publish_picture {
	const char *incoming;
	int fd;
	int64_t size_bytes;
	const char *ext; /* by media_sniff_image(); NULL: no image */
};

/* Keeps it and notes the wish; closes fd.  E_NOT_IMAGE, E_IMAGE_TOO_LARGE, E_QUOTA, E_VIDEO_UNKNOWN. */
enum err publish_picture(struct call *c, const struct publish_picture *p, struct picture_wish *wish) CHECKED;

#endif
