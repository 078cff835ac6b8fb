/* refuse.c - the refusals as codes and sentences, without libav: web programs tell them, too. */
#include "media/media.h"

#include <string.h>

const char *
refuse_code(enum refuse r)
{
	static const char *const codes[] = {
#define REFUSE(name, code, en, zh) code,
		REFUSE_TABLE(REFUSE)
#undef REFUSE
	};

	return (unsigned)r < REFUSE_COUNT ? codes[r] : "";
}

const char *
refuse_text(enum refuse r, bool chinese)
{
	static const char *const texts[][2] = {
#define REFUSE(name, code, en, zh) { en, zh },
		REFUSE_TABLE(REFUSE)
#undef REFUSE
	};

	return (unsigned)r < REFUSE_COUNT ? texts[r][chinese] : "";
}

enum refuse
refuse_by_code(const char *code)
{
	int r = REFUSE_COUNT;

	while (--r > REFUSE_NONE && strcmp(refuse_code((enum refuse)r), code) != 0)
		;
	return (enum refuse)r;
}
