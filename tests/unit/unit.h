/* unit.h - the few lines that a unit test needs: CASE(name) { CHECK(...); } in any order, then
 * UNIT_MAIN.  A failed CHECK ends its case, not the program. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

struct unit_case {
	const char *name;
	void (*run)(void);
	struct unit_case *next;
};

static struct unit_case *unit_cases, **unit_last = &unit_cases;
static jmp_buf unit_failed;

#define CASE(id)                                                                                   \
	static void id(void);                                                                       \
	static struct unit_case id##_case = { #id, id, NULL };                                      \
	__attribute__((constructor)) static void id##_add(void)                                     \
	{                                                                                           \
		*unit_last = &id##_case;                                                            \
		unit_last = &id##_case.next;                                                        \
	}                                                                                           \
	static void id(void)

#define CHECK(cond)                                                                                \
	do {                                                                                        \
		if (!(cond)) {                                                                      \
			printf("not ok %s: %s:%d: %s\n", unit_name, __FILE__, __LINE__, #cond);     \
			longjmp(unit_failed, 1);                                                    \
		}                                                                                   \
	} while (0)

#define CHECK_INT(got, want)                                                                       \
	do {                                                                                        \
		long long g_ = (long long)(got), w_ = (long long)(want);                            \
		if (g_ != w_) {                                                                     \
			printf("not ok %s: %s:%d: %s is %lld, not %lld\n", unit_name, __FILE__,     \
			    __LINE__, #got, g_, w_);                                                \
			longjmp(unit_failed, 1);                                                    \
		}                                                                                   \
	} while (0)

#define CHECK_STR(got, want)                                                                       \
	do {                                                                                        \
		const char *g_ = (got), *w_ = (want);                                               \
		if (g_ == NULL || strcmp(g_, w_) != 0) {                                            \
			printf("not ok %s: %s:%d: %s is \"%s\", not \"%s\"\n", unit_name, __FILE__, \
			    __LINE__, #got, g_ ? g_ : "(null)", w_);                                \
			longjmp(unit_failed, 1);                                                    \
		}                                                                                   \
	} while (0)

static const char *unit_name;

#define UNIT_MAIN                                                                                  \
	int main(void)                                                                              \
	{                                                                                           \
		volatile int failed = 0;                                                                    \
		setvbuf(stdout, NULL, _IOLBF, 0);                                                   \
		for (struct unit_case *volatile c = unit_cases; c != NULL; c = c->next) {           \
			unit_name = c->name;                                                        \
			if (setjmp(unit_failed) == 0) {                                             \
				c->run();                                                           \
				printf("ok %s\n", c->name);                                         \
			} else {                                                                    \
				failed = 1;                                                         \
			}                                                                           \
		}                                                                                   \
		return failed;                                                                      \
	}

#endif
