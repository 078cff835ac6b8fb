/* Lists of hosts. */
#include "unit.h"

#include "store/hosts.h"

CASE(lists)
{
	struct host h[HOSTS_MAX];

	CHECK_INT(hosts_parse("", 1, h), 0);
	CHECK_INT(hosts_parse(" , ,", 1, h), 0);
	CHECK_INT(hosts_parse("a", 3306, h), 1);
	CHECK_STR(h[0].name, "a");
	CHECK_INT(h[0].port, 3306);
	CHECK_INT(hosts_parse(" db1:1 ,db2.example.org:65535,[::1]:9,[fe80::2]", 7, h), 4);
	CHECK_STR(h[0].name, "db1");
	CHECK_INT(h[0].port, 1);
	CHECK_STR(h[1].name, "db2.example.org");
	CHECK_INT(h[1].port, 65535);
	CHECK_STR(h[2].name, "::1");
	CHECK_INT(h[2].port, 9);
	CHECK_STR(h[3].name, "fe80::2");
	CHECK_INT(h[3].port, 7);
}

CASE(nonsense)
{
	static const char *const bad[] = { ":1", "a:", "a:0", "a:65536", "a:123456", "a:1x", "[::1",
		"[]:1", "[::1]x", "a b", "::1", "a,b:,c", "a:-1" };
	struct host h[HOSTS_MAX];
	char text[1024];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_INT(hosts_parse(bad[i], 1, h), -1);
	memset(text, 'a', sizeof text);
	text[255] = '\0';
	CHECK_INT(hosts_parse(text, 1, h), 1);
	text[255] = 'a';
	text[256] = '\0';
	CHECK_INT(hosts_parse(text, 1, h), -1);
	text[0] = '\0';
	for (int i = 0; i < HOSTS_MAX; i++)
		strcat(text, "h,");
	CHECK_INT(hosts_parse(text, 1, h), HOSTS_MAX);
	strcat(text, "h");
	CHECK_INT(hosts_parse(text, 1, h), -1);
}

UNIT_MAIN
