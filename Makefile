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
	-Wnull-dereference -Wno-format-nonliteral -Wno-missing-field-initializers
HARDEN := -fstack-protector-strong -fPIE -ftrivial-auto-var-init=zero \
	$(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
comma := ,
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
# Asked only when something is built, so that `make run` can install the packages first.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS)) $(shell mysql_config --include))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKGS)) $(shell mysql_config --libs) -lfcgi -lcrypt -lm)$(PKG_LIBS)
CFLAGS = -std=c11 -O2 -g $(WARN) $(HARDEN) $(SANFLAGS) -D_GNU_SOURCE -Ilib
LDFLAGS = -pie -Wl,--as-needed,-z,relro,-z,now $(SANFLAGS)

LIB_C := $(wildcard lib/*/*.c)
LIB_O := $(LIB_C:%.c=$(B)/%.o)
LIB := $(B)/libdoufu.a
CGI := $(patsubst cgi/%.c,$(B)/cgi/%,$(wildcard cgi/*.c))
# A program of more than one file has a directory of its own.
JOB_DIRS := $(patsubst %/,%,$(wildcard jobs/*/))
JOB_DIRS_O := $(patsubst %.c,$(B)/%.o,$(wildcard jobs/*/*.c))
JOBS := $(patsubst jobs/%.c,$(B)/bin/%,$(wildcard jobs/*.c)) $(patsubst jobs/%,$(B)/bin/%,$(JOB_DIRS))
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
BENCH := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))

.PHONY: all unit bench-programs
all: $(CGI) $(JOBS)
	@:
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
$(eval $(call program,cgi,cgi))
$(eval $(call program,bin,jobs))
$(eval $(call program,unit,tests/unit,whole))
$(eval $(call program,bench,tests/bench))

# Every program of cgi/ in one: of it bin/spawn's workers are made.
$(B)/bin/mother: $(B)/jobs/mother.o $(CGI:=.o) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

define program_of_dir
$(B)/bin/$(notdir $(1)): $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c)) $(LIB)
	@mkdir -p $$(@D)
	$$(call say,LD)$(CC) $(LDFLAGS) -o $$@ $$^ $$(PKG_LIBS)
endef
$(foreach dir,$(JOB_DIRS),$(eval $(call program_of_dir,$(dir))))

.SECONDARY:
-include $(LIB_O:.o=.d) $(JOB_DIRS_O:.o=.d) $(wildcard $(B)/cgi/*.d $(B)/jobs/*.d $(B)/tests/*/*.d)

# ---- running ----
# jobs/stack does the work; its packages are installed before anything is built.

VAR ?= var
HOST ?= 127.0.0.1
PORT ?= 8080
DEMO ?= 1
web ?= lighttpd
export V VAR HOST PORT DEMO SAN
STACK := BUILD=$(B) sh jobs/stack
make_all = +@$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc)) $(1)

.PHONY: run start stop status demo test bench lint fuzz gen web install clean help
run start:
	@$(STACK) packages run $(web)
	$(call make_all,all)
	@$(STACK) web || echo '  WEB   goes on without the web client: the front page says so, all else works'
	@exec env $(STACK) $@ $(web)

stop status demo:
	@$(STACK) $@

# ---- checking ----

test:
	@$(STACK) packages test
	$(call make_all,all unit)
	@$(STACK) web
	@exec tests/run

bench:
	@$(STACK) packages bench
	$(call make_all,all bench-programs)
	@tests/bench/run
	@tests/bench/media

lint:
	@$(STACK) packages lint
	$(call make_all,all)
	@exec tests/lint

fuzz:
	@$(STACK) packages fuzz
	@exec tests/fuzz/run

# Route files, program list and documentation out of what the programs say of themselves.
gen: all
	@$(B)/bin/doufu gen $(B)/cgi .

# The web client, out of htdocs/src; by npm what it is made of.
web:
	@$(STACK) web

# ---- installing ----
# PREFIX/lib/doufu holds the tree that the programs know: cgi, bin, sql, htdocs, httpd-conf.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
HOUSE := $(PREFIX)/lib/doufu

install: all web
	@mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(SYSCONFDIR)/doufu
	@$(STACK) stage $(DESTDIR)$(HOUSE)
	@$(STACK) system '$(DESTDIR)' $(HOUSE) $(SYSCONFDIR)/doufu
	@ln -sfn ../lib/doufu/bin/doufu $(DESTDIR)$(PREFIX)/bin/doufu
	@cd $(DESTDIR)$(HOUSE)/httpd-conf/examples && cp *.service *.timer $(abspath $(DESTDIR)$(PREFIX))/lib/systemd/system/ && \
		cp services $(abspath $(DESTDIR)$(SYSCONFDIR))/doufu/
	@echo '  DONE  $(DESTDIR)$(HOUSE); what to do next: $(DESTDIR)$(HOUSE)/httpd-conf/examples/README'

clean:
	rm -rf build

help:
	@echo 'make run          install what is missing, build, serve on HOST:PORT until Ctrl-C'
	@echo 'make start        the same in the background; make stop ends it, make status shows it'
	@echo 'make web=apache run'
	@echo 'make demo         demo clips into an empty database that serves'
	@echo 'make test         every ring of tests on a stack of its own (SAN=1: sanitizers)'
	@echo 'make bench        the numbers (SIZE=large: with a million clips)'
	@echo 'make lint         clang-tidy, cppcheck, the rules of the house, drift of generated files'
	@echo 'make fuzz         every parser against random input'
	@echo 'make gen          route files and documentation out of the programs'
	@echo 'make web          the web client (run, start and install make it, too)'
	@echo 'make install      into PREFIX=$(PREFIX), under DESTDIR='
	@echo 'make clean        removes build/; the data in VAR=$(VAR) stays'
	@echo
	@echo 'HOST=$(HOST) PORT=$(PORT) VAR=$(VAR) DEMO=$(DEMO) web=$(web) V=1 shows all'
