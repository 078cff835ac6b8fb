/* password.h - hashing of passwords by crypt(3): yescrypt for new ones, bcrypt accepted. */
#ifndef MODEL_PASSWORD_H
#define MODEL_PASSWORD_H

#include <stdbool.h>

#include "base/arena.h"

/* A new yescrypt hash ("$y$..."), of the arena; NULL where crypt(3) cannot. cost: 1..11. */
const char *password_hash(struct arena *a, const char *password, int cost);

/* Whether the password fits; takes as long for a hash of "" (an unknown user) as for a real one
 * of that cost.  *old is set where the hash should be made anew. */
bool password_fits(struct arena *a, const char *password, const char *hash, int cost, bool *old);

#endif
