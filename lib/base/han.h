/* han.h - traditional Chinese to simplified, one character for one. */
#ifndef BASE_HAN_H
#define BASE_HAN_H

#include <stdint.h>

/* The simplified form of c, or c itself.  Many traditional forms may share one. */
uint32_t han_simple(uint32_t c);

#endif
