/* cover.h - the frame of a clip that stands for it, inside the cell. */
#ifndef MEDIA_COVER_H
#define MEDIA_COVER_H

#include "media/look.h"

/* Decodes the frame that is shown at_ms after the first one, the best one (-1), or, where no cover
 * is wanted, any.  Fills e->best, what makes it upright, and the info of look.  e has been looked
 * at (look_at()), and all its streams but the picture are shut off afterwards. */
bool cover_find(struct eye *e, int64_t at_ms, bool wanted);

/* Writes pictures of e->best to those of fds that are none of -1. */
bool cover_write(struct eye *e, const struct media_picture *pictures, size_t n, const int *fds);

/* The next packet of the picture at e->pkt; false at the end of the file. */
bool cover_next_packet(struct eye *e);

/* All n bytes, or an end with our side's error. */
bool cover_put(struct eye *e, int fd, const uint8_t *p, size_t n);

#endif
