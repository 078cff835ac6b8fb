# Doufu: a short-video platform as FastCGI programs.  `make run` serves, `make help` lists the rest.
#
# One library (lib/, the rooms of the house), one program per file in cgi/ and jobs/, everything
# built lands in build/ (build/san/ with SAN=1, address and undefined behaviour sanitizers).

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

SAN ?=
V ?=
B := build$(if $(SAN),/san)
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) '$(patsubst $(B)/%,%,$@)';)

CC = gcc
PKGS := json-c libjwt libmemcached libavformat libavcodec libavutil libswscale libswresample \
	libseccomp icu-uc libcrypto
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wformat=2 -Wimplicit-fallthrough \
	-Wnull-dereference -Wno-format-nonliteral
HARDEN := -fstack-protector-strong -fPIE -ftrivial-auto-var-init=zero \
	$(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
SANFLAGS := $(if $(SAN),-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
# Asked only when something is built, so that `make run` can install the packages first.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS)) $(shell mysql_config --include))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKGS)) $(shell mysql_config --libs) -lfcgi -lcrypt -lm)$(PKG_LIBS)
CFLAGS = -std=c11 -O2 -g $(WARN) $(HARDEN) $(SANFLAGS) -D_GNU_SOURCE -Ilib
LDFLAGS = -pie -Wl,--as-needed,-z,relro,-z,now $(SANFLAGS)

LIB_C := $(wildcard lib/*/*.c)
LIB_O := $(LIB_C:%.c=$(B)/%.o)
LIB := $(B)/libdoufu.a
CGI := $(patsubst cgi/%.c,$(B)/cgi/%,$(wildcard cgi/*.c))
JOBS := $(patsubst jobs/%.c,$(B)/bin/%,$(wildcard jobs/*.c))
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
BENCH := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))

.PHONY: all unit bench-programs clean
all: $(CGI) $(JOBS)
unit: $(UNIT)
bench-programs: $(BENCH)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_O)
	@rm -f $@
	$(call say,AR)ar rcs $@ $^

define program
$(B)/$(1)/%: $(B)/$(2)/%.o $(LIB)
	@mkdir -p $$(@D)
	$$(call say,LD)$(CC) $(LDFLAGS) -o $$@ $$< $(if $(3),-Wl$(comma)--whole-archive) $(LIB) $(if $(3),-Wl$(comma)--no-whole-archive) $$(PKG_LIBS)
endef
comma := ,
$(eval $(call program,cgi,cgi))
$(eval $(call program,bin,jobs))
$(eval $(call program,unit,tests/unit,whole))
$(eval $(call program,bench,tests/bench))

.SECONDARY:
-include $(LIB_O:.o=.d) $(wildcard $(B)/cgi/*.d $(B)/jobs/*.d $(B)/tests/*/*.d)

clean:
	rm -rf build
