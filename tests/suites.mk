# The suites. Each goes through tests/tally, which adds its counts to build/test-results.

TALLY = TEST_RESULTS=build/test-results tests/tally
CORE_TESTS = $(patsubst tests/core/test_%.c,$(BUILD)/tests/test_%,$(wildcard tests/core/test_*.c))
CMOCKA = $(shell pkg-config --libs cmocka)
# The door to the system: these calls are what tests replace.
WRAP = $(foreach call,openat read write fsync fchown fchmod renameat pipe fork waitpid kill random,-Wl,--wrap=sys_$(call))
C_FILES = $(wildcard core/*.[ch] core/*/*.[ch])
LUA_FILES = $(shell find lua -name '*.lua')
SH_FILES = dev .ci/run tests/tally $(shell grep -lE '^\#!/bin/sh' -r tests bench --include='*' 2>/dev/null | grep -v '\.lua$$')
SYNAPSE_PYTHON = $(or $(SYNLUA_SYNAPSE_PYTHON),.venv/bin/python)
PURE_PATH = ./lua/?.lua;./lua/?/init.lua;./tests/?.lua;;
# Fair, or a thread that spins keeps the watchdog's from running.
MEMCHECK = valgrind -q --fair-sched=yes --suppressions=tests/memcheck.supp --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible

.PHONY: test test-c test-pure test-bind test-run test-chaos test-e2e test-san test-memcheck test-full test-trust test-e2e-full test-image test-bare test-upgrade
.PHONY: lint check golden docs

test: lint test-c test-pure test-bind test-run test-chaos test-san test-memcheck test-e2e
check: test

$(BUILD)/tests/test_%: $(BUILD)/tests/core/test_%.o $(CORE_OBJ)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) $(WRAP_$*) -o $@ $^ $(shell pkg-config --libs $(PKGS)) $(CMOCKA)

# Each program says in its first lines which calls it replaces: /* wraps: fork write */
define wrap_rule
WRAP_$(1) := $$(foreach call,$$(shell sed -n 's|.*wraps: \(.*\) \*/|\1|p' tests/core/test_$(1).c),-Wl,--wrap=sys_$$(call))
endef
$(foreach test,$(CORE_TESTS),$(eval $(call wrap_rule,$(patsubst $(BUILD)/tests/test_%,%,$(test)))))

test-c: $(CORE_TESTS)
	@failed=0; for t in $(CORE_TESTS); do $(TALLY) cmocka "$${t##*/}$(if $(SAN), $(SAN))" $$t || failed=1; done; exit $$failed

test-pure:
	@LUA_PATH="$(PURE_PATH)" $(TALLY) busted 'pure Lua' lua5.4 tests/runner.lua tests/lua

test-bind: $(BUILD)/synlua
	@$(TALLY) busted 'bindings$(if $(SAN), $(SAN))' $(BUILD)/synlua eval tests/runner.lua tests/bind

# What fails on demand, for runs: preloaded.
$(BUILD)/tests/fault.so: tests/fakes/fault.c
	@mkdir -p $(dir $@)
	@$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -fPIC -shared -o $@ $< -ldl

test-run: $(BUILD)/synlua $(BUILD)/tests/fault.so
	@$(TALLY) busted 'runs' $(BUILD)/synlua eval tests/runner.lua tests/run

# What can go wrong goes wrong, for so many seconds; `make test-chaos CHAOS="30 SEED"` repeats one.
CHAOS ?= 30
test-chaos: $(BUILD)/synlua $(BUILD)/tests/fault.so
	@$(TALLY) plain 'chaos' tests/run/chaos $(BUILD)/synlua $(CHAOS)

# The same C and binding tests under AddressSanitizer and UndefinedBehaviorSanitizer.
test-san:
	@$(MAKE) --no-print-directory SAN=address,undefined BUILD=build/san test-c test-bind

test-memcheck: $(CORE_TESTS) $(BUILD)/synlua
	@failed=0; for t in $(CORE_TESTS); do \
	    $(TALLY) plain "valgrind $${t##*/}" $(MEMCHECK) $$t || failed=1; done; \
	$(TALLY) plain 'valgrind render' tests/memcheck "$(MEMCHECK)" $(BUILD)/synlua || failed=1; exit $$failed

# one NAME COMMAND...: the next one runs whatever becomes of this one.
ONE_BY_ONE = failed=0; one() { $(TALLY) plain "$$@" || failed=1; }

test-e2e: $(BUILD)/synlua
	@$(ONE_BY_ONE); \
	one 'routes against Synapse' $(SYNAPSE_PYTHON) -W ignore tests/e2e/routes $(BUILD)/synlua; \
	one 'nginx and synlua route' python3 tests/e2e/agreement $(BUILD)/synlua; \
	one 'requests of dead workers' python3 tests/e2e/failover $(BUILD)/synlua; \
	one 'delegation and authentication service' python3 tests/e2e/delegation $(BUILD)/synlua; \
	one 'YAML against PyYAML' $(SYNAPSE_PYTHON) tests/e2e/yaml_roundtrip.py $(BUILD)/synlua eval -e; \
	one 'random numbers and reactor after a fork' $(SYNAPSE_PYTHON) tests/e2e/fork_random.py $(SYNAPSE_PYTHON); \
	one 'layers' $(SYNAPSE_PYTHON) tests/e2e/layers $(BUILD)/synlua; \
	one 'options of Synapse' $(SYNAPSE_PYTHON) tests/e2e/option_names; \
	one 'a real client' tests/e2e/run; \
	one 'existing volumes' tests/e2e/existing; \
	one 'workers' tests/e2e/workers; \
	one 'PostgreSQL outside' tests/e2e/outside; \
	one 'secrets' tests/e2e/secrets; \
	one 'from SQLite to PostgreSQL' tests/e2e/migrate; \
	exit $$failed

# What `make test` leaves out: long runs, containers, other versions of Synapse.
test-full: test-e2e-full test-image test-bare test-upgrade
	@$(MAKE) --no-print-directory test-chaos CHAOS=300

test-e2e-full: $(BUILD)/synlua
	@$(ONE_BY_ONE); \
	one 'every type of worker' tests/e2e/every_type; \
	one 'federation' tests/e2e/federation; \
	one 'chaos of the fork server' python3 tests/e2e/fork_chaos; \
	exit $$failed

# What a service could do to root and to other services. Needs root, and harms nothing: see tests/trust/sandbox.py.
RACES ?= 5
test-trust: $(BUILD)/synlua
	@$(ONE_BY_ONE); \
	one 'attacks of a service' python3 tests/trust/attacks --synlua $(BUILD)/synlua; \
	one 'what each user may touch' python3 tests/trust/matrix --synlua $(BUILD)/synlua; \
	one 'starts beside a service that swaps names' python3 tests/trust/races $(RACES) --synlua $(BUILD)/synlua; \
	exit $$failed

test-image:
	@$(TALLY) plain 'the image' tests/container/image

test-upgrade: $(BUILD)/synlua
	@$(TALLY) plain 'from an older Synapse' tests/e2e/upgrade

test-bare:
	@$(TALLY) plain 'a bare Debian 12' tests/container/bare

LINTS = lint-luacheck lint-shellcheck lint-cppcheck lint-clang-tidy lint-house
.PHONY: $(LINTS)
lint: $(LINTS)

lint-luacheck:
	@$(TALLY) plain $@ luacheck -q lua tests

lint-shellcheck:
	@$(TALLY) plain $@ shellcheck -x $(SH_FILES)

lint-cppcheck:
	@$(TALLY) plain $@ cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --error-exitcode=1 --suppress=missingIncludeSystem -Icore core

lint-clang-tidy:
	@$(TALLY) plain $@ clang-tidy --quiet $(filter %.c,$(C_FILES)) -- -std=c11 -D_GNU_SOURCE $(CPPFLAGS)

lint-house:
	@$(TALLY) plain $@ lua5.4 tests/house.lua $(C_FILES) -- $(LUA_FILES)

docs: $(BUILD)/synlua
	{ sed '/^<!-- /q' docs/variables.md; echo; env -i $(BUILD)/synlua env --markdown; } >$(BUILD)/variables.md
	mv $(BUILD)/variables.md docs/variables.md

golden: $(BUILD)/synlua
	GOLDEN=1 $(BUILD)/synlua eval tests/runner.lua tests/run/golden_spec.lua
