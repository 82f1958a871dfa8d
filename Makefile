# make            the program, build/synlua
# make test       every suite of the default run; results are summed by ./dev test
# make check      lint and test
# make install    the program, what it reads, its manual page and completions, below PREFIX (DESTDIR is put before it)
# make SAN=address,undefined BUILD=build/san    the same under sanitizers

BUILD ?= build
CC ?= gcc
PREFIX ?= /usr/local
PKGS = libuv yaml-0.1
LUA_INC = $(shell pkg-config --cflags lua5.4)
LUA_LIBDIR := $(shell pkg-config --variable=libdir lua5.4)
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
HARDEN = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
OPT = -O2 -g
ifneq ($(SAN),)
OPT = -O1 -g -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
HARDEN = -fPIE
endif
CFLAGS = -std=c11 -D_GNU_SOURCE $(OPT) $(WARN) $(HARDEN) -DSYNLUA_SHARE='"$(PREFIX)/share/synlua"'
CPPFLAGS = -Icore $(LUA_INC) $(shell pkg-config --cflags $(PKGS))
# Lua is linked whole and its symbols exported, so that modules of the distribution can be loaded by scripts.
LDFLAGS = $(if $(SAN),-fsanitize=$(SAN)) -pie -Wl,-z,relro,-z,now -rdynamic
LIBS = -Wl,--whole-archive $(LUA_LIBDIR)/liblua5.4.a -Wl,--no-whole-archive $(LUA_LIBDIR)/liblua5.4-lpeg.a \
       $(shell pkg-config --libs $(PKGS)) -lm -ldl

# In the order in which they may use each other: no room includes one to its right, bind/ is last.
ROOMS = base files output process net yaml host
# What the fork server's Python loads (core/process/immortal.py), and the program does not.
LOADED = core/process/immortal.c
CORE = $(filter-out $(LOADED),$(foreach room,$(ROOMS),$(wildcard core/$(room)/*.c)))
BIND = $(wildcard core/bind/*.c)
CORE_OBJ = $(CORE:%.c=$(BUILD)/%.o)
BIND_OBJ = $(BIND:%.c=$(BUILD)/%.o)

SHARE = $(DESTDIR)$(PREFIX)/share/synlua
# What the parser makes: the file below PREFIX/share and the command that prints it.
PARSED = man/man1/synlua.1=man bash-completion/completions/synlua=completion%bash \
         zsh/site-functions/_synlua=completion%zsh fish/vendor_completions.d/synlua.fish=completion%fish

.PHONY: all clean install
all: $(BUILD)/synlua $(BUILD)/lua.bundle

# PREFIX is compiled in: another one is another host/host.o.
$(shell mkdir -p $(BUILD); echo '$(PREFIX)' | cmp -s - $(BUILD)/prefix || echo '$(PREFIX)' >$(BUILD)/prefix)
$(BUILD)/core/host/host.o: $(BUILD)/prefix

# A build of the program also makes the library that it hands to Python.
$(BUILD)/synlua: $(BUILD)/core/main.o $(CORE_OBJ) $(BIND_OBJ) | $(BUILD)/libimmortal.so
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(dir $@)
	@echo "  CC $<"
	@$(CC) $(CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

# Without sanitizers, because the Python that loads it is built without them.
$(BUILD)/libimmortal.so: $(LOADED) Makefile
	@mkdir -p $(dir $@)
	@echo "  LD $@"
	@$(CC) -std=c11 -O2 $(WARN) -fPIC -shared -s -Wl,-z,relro,-z,now -o $@ $<

# All Lua compiled into one file: half of the time of a short command.
VENDOR_LUA = /usr/share/lua/5.4/argparse.lua /usr/share/lua/5.4/dkjson.lua
$(BUILD)/lua.bundle: $(BUILD)/synlua core/host/bundle.lua $(shell find lua templates -type f)
	@rm -f $@
	@$(BUILD)/synlua eval core/host/bundle.lua '$(CURDIR)/$@' '$(CURDIR)' '$(CURDIR)' $(VENDOR_LUA)

install: $(BUILD)/synlua
	install -D -s -m 755 $(BUILD)/synlua '$(DESTDIR)$(PREFIX)/bin/synlua'
	rm -rf '$(SHARE)/lua' '$(SHARE)/templates' '$(SHARE)/meta'
	for name in forkserver immortal; do \
	    install -D -m 644 "core/process/$$name.py" "$(SHARE)/core/process/$$name.py" || exit 1; \
	done
	install -D -m 644 $(BUILD)/libimmortal.so '$(SHARE)/libimmortal.so'
	find lua templates meta -type f -exec install -D -m 644 '{}' '$(SHARE)/{}' ';'
	$(BUILD)/synlua eval core/host/bundle.lua "$$(realpath '$(SHARE)')/lua.bundle" '$(SHARE)' '$(PREFIX)/share/synlua' $(VENDOR_LUA)
	for pair in $(PARSED); do \
	    file='$(DESTDIR)$(PREFIX)/share/'"$${pair%%=*}"; \
	    $(BUILD)/synlua $$(echo "$${pair#*=}" | tr % ' ') >$(BUILD)/parsed && \
	        install -D -m 644 $(BUILD)/parsed "$$file" || exit 1; \
	done

clean:
	rm -rf $(BUILD)

include tests/suites.mk
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
