# The suites. Each goes through tests/tally, which adds its counts to build/test-results. Any two may run side by side
# (make -j): each has directories of its own, and those with fixed ports run in a network of their own (tests/alone).

TALLY = $(if $(findstring jobserver,$(MAKEFLAGS)),TALLY_BLOCK=yes) TEST_RESULTS=build/test-results tests/tally
CORE_TESTS = $(patsubst tests/core/test_%.c,$(BUILD)/tests/test_%,$(wildcard tests/core/test_*.c))
CMOCKA = $(shell pkg-config --libs cmocka)
# The door to the system: these calls are what tests replace.
WRAP = $(foreach call,openat read write fsync fchown fchmod renameat pipe fork waitpid kill random,-Wl,--wrap=sys_$(call))
C_FILES = $(wildcard core/*.[ch] core/*/*.[ch])
LUA_FILES = $(shell find lua -name '*.lua')
SH_FILES = dev .ci/run tests/tally $(shell grep -lE '^\#!/bin/sh' -r tests bench templates --include='*' 2>/dev/null | grep -v '\.lua$$')
SYNAPSE_PYTHON = $(or $(SYNLUA_SYNAPSE_PYTHON),.venv/bin/python)
CLIENT_PYTHON = $(or $(E2E_PYTHON),.venv-e2e/bin/python)
PURE_PATH = ./lua/?.lua;./lua/?/init.lua;./tests/?.lua;;
# Fair, or a thread that spins keeps the watchdog's from running.
MEMCHECK = valgrind -q --fair-sched=yes --suppressions=tests/memcheck.supp --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible

.PHONY: test test-tally test-c test-pure test-bind test-run test-chaos test-e2e test-san test-memcheck test-full test-attacks test-trust test-e2e-full test-image test-volumes test-rootless test-bare test-upgrade
.PHONY: lint check golden docs requirements

# In this order they begin: long ones early, the many short ones last, so that no processor is idle at the end.
test: test-tally lint test-run test-e2e test-attacks test-chaos test-pure test-san test-bind test-memcheck test-c
check: test

$(BUILD)/tests/test_%: $(BUILD)/tests/core/test_%.o $(CORE_OBJ)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) $(WRAP_$*) -o $@ $^ $(shell pkg-config --libs $(PKGS)) $(CMOCKA)

# The one test of a file that Lua alone uses, and that knows nothing of Lua.
$(BUILD)/tests/test_pool: $(BUILD)/core/bind/pool.o

# Each program says in its first lines which calls it replaces: /* wraps: fork write */; libuv's by their whole name.
define wrap_rule
WRAP_$(1) := $$(foreach call,$$(shell sed -n 's|.*wraps: \(.*\) \*/|\1|p' tests/core/test_$(1).c),-Wl,--wrap=$$(if $$(filter uv_%,$$(call)),,sys_)$$(call))
endef
$(foreach test,$(CORE_TESTS),$(eval $(call wrap_rule,$(patsubst $(BUILD)/tests/test_%,%,$(test)))))

# That what counts the others counts a failure, a crash, and all of many at once.
test-tally:
	@$(TALLY) plain 'the counting of suites' tests/tally_check

CHECKS = $(CORE_TESTS:$(BUILD)/tests/test_%=c-%)
.PHONY: $(CHECKS)
test-c: $(CHECKS)
$(CHECKS): c-%: $(BUILD)/tests/test_%
	@$(TALLY) cmocka 'test_$*$(if $(SAN), $(SAN))' $<

test-pure:
	@LUA_PATH="$(PURE_PATH)" $(TALLY) busted 'pure Lua' lua5.4 tests/runner.lua tests/lua

test-bind: $(BUILD)/synlua
	@$(TALLY) busted 'bindings$(if $(SAN), $(SAN))' $(BUILD)/synlua eval tests/runner.lua tests/bind

# What fails on demand, for runs: preloaded.
$(BUILD)/tests/fault.so: tests/fakes/fault.c
	@mkdir -p $(dir $@)
	@$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -fPIC -shared -o $@ $< -ldl

# What suites need beside the program.
.PHONY: tools
tools: $(BUILD)/tests/fault.so

# The longest suite, in halves that may run side by side.
RUNS = run-1 run-2
.PHONY: $(RUNS)
test-run: $(RUNS)
$(RUNS): run-%: $(BUILD)/synlua $(BUILD)/tests/fault.so
	@$(TALLY) busted 'runs, half $*' tests/alone $(BUILD)/synlua eval tests/runner.lua \
	    $(shell ls tests/run/*_spec.lua | awk 'NR % 2 == $* - 1')

# What can go wrong goes wrong, for so many seconds; `make test-chaos CHAOS="30 SEED"` repeats one.
CHAOS ?= 30
test-chaos: $(BUILD)/synlua $(BUILD)/tests/fault.so
	@$(TALLY) plain 'chaos' tests/run/chaos $(BUILD)/synlua $(CHAOS)

# The same C and binding tests under AddressSanitizer and UndefinedBehaviorSanitizer.
test-san:
	@$(MAKE) --no-print-directory SAN=address,undefined BUILD=build/san test-c test-bind

MEMCHECKS = $(CORE_TESTS:$(BUILD)/tests/test_%=memcheck-%)
.PHONY: memcheck-render $(MEMCHECKS)
test-memcheck: memcheck-render $(MEMCHECKS)

memcheck-render: $(BUILD)/synlua
	@$(TALLY) plain 'valgrind render' tests/memcheck "$(MEMCHECK)" $(BUILD)/synlua

$(MEMCHECKS): memcheck-%: $(BUILD)/tests/test_%
	@$(TALLY) plain 'valgrind test_$*' $(MEMCHECK) $<

# Each named as its script, from long to short.
E2E = limits bodies backup existing migrate examples outside redis run users workers parser turn hang origins proxies surface secret_options parser_random routes layers secrets yaml_roundtrip nginx_random fork_random fork_gaps fork_immortal fork_leaks delegation agreement option_names tuning failover metrics cron pins
E2E_FULL = back backup_workers backup_outside upgrade_backup housekeeping compressor compressor_client major_version watched every_type federation fork_chaos waiting parser_2000 nginx_2000 $(if $(SYNAPSE_DASHBOARD),dashboard)
.PHONY: e2e-dashboard $(E2E:%=e2e-%) $(E2E_FULL:%=e2e-%)
test-e2e: $(E2E:%=e2e-%)
e2e-dashboard $(E2E:%=e2e-%) $(E2E_FULL:%=e2e-%): $(BUILD)/synlua

# $(call e2e,NAME) COMMAND
e2e = @$(TALLY) plain '$(1)' tests/alone

e2e-backup: ; $(call e2e,backup and restore) tests/e2e/backup
e2e-backup_workers: ; $(call e2e,backup and restore of workers) tests/e2e/backup_workers
e2e-backup_outside: ; $(call e2e,backup and restore elsewhere) tests/e2e/backup_outside
e2e-upgrade_backup: ; $(call e2e,a backup before an upgrade) tests/e2e/upgrade_backup
e2e-back: ; $(call e2e,volumes of before there and back) tests/e2e/back
e2e-existing: ; $(call e2e,existing volumes) tests/e2e/existing
e2e-metrics: ; $(call e2e,metrics) tests/e2e/metrics
e2e-workers: ; $(call e2e,workers) tests/e2e/workers
e2e-hang: ; $(call e2e,processes that hang) tests/e2e/hang
e2e-migrate: ; $(call e2e,from SQLite to PostgreSQL) tests/e2e/migrate
e2e-major_version: ; $(call e2e,a newer PostgreSQL) tests/e2e/major_version
e2e-run: ; $(call e2e,a real client) tests/e2e/run
e2e-origins: ; $(call e2e,federation by server) python3 tests/e2e/origins $(BUILD)/synlua
e2e-proxies: ; $(call e2e,a real client behind each proxy) tests/e2e/proxies
e2e-surface: ; $(call e2e,surface) tests/e2e/surface
e2e-turn: ; $(call e2e,calls over coturn) tests/e2e/turn
e2e-users: ; $(call e2e,users) tests/e2e/users
e2e-housekeeping: ; $(call e2e,housekeeping) tests/e2e/housekeeping
e2e-outside: ; $(call e2e,PostgreSQL outside) tests/e2e/outside
e2e-redis: ; $(call e2e,Redis outside) tests/e2e/redis
e2e-secrets: ; $(call e2e,secrets) tests/e2e/secrets
e2e-secret_options: ; $(call e2e,secrets that Synapse knows) $(SYNAPSE_PYTHON) tests/e2e/secret_options $(BUILD)/synlua
e2e-routes: ; $(call e2e,routes against Synapse) $(SYNAPSE_PYTHON) -W ignore tests/e2e/routes $(BUILD)/synlua
e2e-delegation: ; $(call e2e,delegation and authentication service) python3 tests/e2e/delegation $(BUILD)/synlua
e2e-failover: ; $(call e2e,requests of dead workers) python3 tests/e2e/failover $(BUILD)/synlua
e2e-examples: ; $(call e2e,examples) tests/e2e/examples
e2e-agreement: ; $(call e2e,nginx and synlua route) python3 tests/e2e/agreement $(BUILD)/synlua
e2e-bodies: ; $(call e2e,sizes of bodies) python3 tests/e2e/bodies $(BUILD)/synlua
e2e-limits: ; $(call e2e,limits for clients) python3 tests/e2e/limits $(BUILD)/synlua
e2e-layers: ; $(call e2e,layers) $(SYNAPSE_PYTHON) tests/e2e/layers $(BUILD)/synlua
e2e-fork_random: ; $(call e2e,random numbers and reactor after a fork) $(SYNAPSE_PYTHON) tests/e2e/fork_random.py $(SYNAPSE_PYTHON)
e2e-fork_gaps: ; $(call e2e,memory that forked processes share) $(SYNAPSE_PYTHON) tests/e2e/fork_gaps.py $(SYNAPSE_PYTHON)
e2e-fork_immortal: ; $(call e2e,immortal objects of the fork server) $(SYNAPSE_PYTHON) tests/e2e/fork_immortal.py $(SYNAPSE_PYTHON)
e2e-fork_leaks: ; $(call e2e,what forked processes keep) $(SYNAPSE_PYTHON) tests/e2e/fork_leaks.py $(SYNAPSE_PYTHON)
e2e-yaml_roundtrip: ; $(call e2e,YAML against PyYAML) $(SYNAPSE_PYTHON) tests/e2e/yaml_roundtrip.py $(BUILD)/synlua eval -e
e2e-option_names: ; $(call e2e,options of Synapse) $(SYNAPSE_PYTHON) tests/e2e/option_names
e2e-parser: ; $(call e2e,the parser of Synapse) python3 tests/e2e/parser $(BUILD)/synlua
e2e-parser_random: ; $(call e2e,random configurations) $(SYNAPSE_PYTHON) -W ignore tests/e2e/parser_random $(BUILD)/synlua 120 1
e2e-parser_2000: ; $(call e2e,2000 random configurations) $(SYNAPSE_PYTHON) -W ignore tests/e2e/parser_random $(BUILD)/synlua 2000
e2e-nginx_random: ; $(call e2e,random variables of nginx) env LUA_PATH="$(PURE_PATH)" lua5.4 tests/e2e/nginx_random.lua 120 1
e2e-nginx_2000: ; $(call e2e,2000 random sets of variables of nginx) env LUA_PATH="$(PURE_PATH)" lua5.4 tests/e2e/nginx_random.lua 2000
e2e-compressor: ; $(call e2e,the state compressor) $(SYNAPSE_PYTHON) tests/e2e/compressor $(BUILD)/synlua
e2e-compressor_client: ; $(call e2e,the state compressor on what clients made) python3 tests/e2e/compressor_client $(BUILD)/synlua
e2e-pins: ; $(call e2e,pinned packages) sh -c '$(SYNAPSE_PYTHON) tests/pins.py requirements.txt && \
    $(CLIENT_PYTHON) tests/pins.py tests/e2e/requirements.txt'
e2e-cron: ; $(call e2e,cron expressions against croniter) $(CLIENT_PYTHON) tests/e2e/cron $(BUILD)/synlua 10000 1
e2e-tuning: ; $(call e2e,variables of nginx) python3 tests/e2e/tuning $(BUILD)/synlua
e2e-watched: ; $(call e2e,everything that is measured) tests/e2e/watched
e2e-dashboard: ; $(call e2e,the dashboard of Synapse) tests/e2e/dashboard
e2e-every_type: ; $(call e2e,every type of worker) tests/e2e/every_type
e2e-federation: ; $(call e2e,federation) tests/e2e/federation
e2e-waiting: ; $(call e2e,5000 clients that wait across reloads) python3 tests/e2e/waiting $(BUILD)/synlua
e2e-fork_chaos: ; $(call e2e,chaos of the fork server) python3 tests/e2e/fork_chaos

# What `make test` leaves out: long runs, containers, other versions of Synapse.
test-full: test-e2e-full test-trust test-image test-volumes test-rootless test-bare test-upgrade
	@$(MAKE) --no-print-directory test-chaos CHAOS=300

test-e2e-full: $(E2E_FULL:%=e2e-%)

# What a service could do to root and to other services. It needs root and namespaces, and harms nothing: see
# tests/trust/sandbox.py. Where it cannot be tried, it does not count as tried.
test-attacks: $(BUILD)/synlua
	@if [ "$$(id -u)" -eq 0 ] && unshare -m -n -p -u -i --fork true 2>/dev/null; then \
	    $(TALLY) plain 'attacks of a service' python3 tests/trust/attacks --synlua $(BUILD)/synlua; \
	else echo 'attacks of a service: not tried, that takes root and the right to make namespaces'; fi

# The long ones: every user and path, and RACES starts beside a service that swaps names.
RACES ?= 20
.PHONY: trust-matrix trust-races
test-trust: trust-matrix trust-races
trust-matrix: $(BUILD)/synlua
	@$(TALLY) plain 'what each user may touch' python3 tests/trust/matrix --synlua $(BUILD)/synlua
trust-races: $(BUILD)/synlua
	@$(TALLY) plain 'starts beside a service that swaps names' python3 tests/trust/races $(RACES) --synlua $(BUILD)/synlua

test-image:
	@$(TALLY) plain 'the image' tests/container/image

test-volumes:
	@$(TALLY) plain 'kinds of volumes' tests/container/volumes

test-rootless:
	@$(TALLY) plain 'rootless Podman' tests/container/rootless

test-upgrade: $(BUILD)/synlua
	@$(TALLY) plain 'from an older Synapse' tests/e2e/upgrade

.PHONY: bare-bookworm bare-trixie
test-bare: bare-bookworm bare-trixie
bare-bookworm: ; @$(TALLY) plain 'a bare Debian 12' tests/container/bare bookworm
bare-trixie: ; @$(TALLY) plain 'a bare Debian 13' tests/container/bare trixie

LINTS = lint-luacheck lint-shellcheck lint-cppcheck lint-clang-tidy lint-house
.PHONY: $(LINTS)
lint: $(LINTS)

lint-luacheck:
	@$(TALLY) plain $@ luacheck -q lua tests examples contrib

lint-shellcheck:
	@$(TALLY) plain $@ shellcheck -x $(SH_FILES)

lint-cppcheck:
	@$(TALLY) plain $@ cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr \
	    '-DElfW(type)=Elf64_##type' --error-exitcode=1 --suppress=missingIncludeSystem \
	    --suppress=normalCheckLevelMaxBranches $(foreach part,MAJOR MINOR RELEASE,-DLUA_VERSION_$(part)='""') -Icore core

lint-clang-tidy:
	@$(TALLY) plain $@ clang-tidy --quiet $(filter %.c,$(C_FILES)) -- -std=c11 -D_GNU_SOURCE $(CPPFLAGS)

lint-house:
	@$(TALLY) plain $@ lua5.4 tests/house.lua $(C_FILES) -- $(LUA_FILES)

docs: $(BUILD)/synlua
	{ sed '/^<!-- /q' docs/variables.md; echo; env -i $(BUILD)/synlua env --markdown; } >$(BUILD)/variables.md
	mv $(BUILD)/variables.md docs/variables.md
	{ sed '/^<!-- /q' docs/lua.md; echo; \
	    $(BUILD)/synlua eval -e 'do io.write(require "contract.reference".markdown()) end'; } >$(BUILD)/lua.md
	mv $(BUILD)/lua.md docs/lua.md
	mkdir -p meta
	$(BUILD)/synlua eval -e 'do io.write(require "contract.reference".stubs()) end' >$(BUILD)/synlua.meta
	mv $(BUILD)/synlua.meta meta/synlua.lua
	LUA_PATH="$(PURE_PATH)" lua5.4 tests/plan_picture.lua >$(BUILD)/plan.svg
	mv $(BUILD)/plan.svg docs/plan.svg
	lua5.4 contrib/grafana/make.lua

# Both lists of pinned packages, in new virtual environments. What is pinned stays, where the roots allow that; UPGRADE=yes
# takes the newest of everything. SYNAPSE=VERSION is another Synapse.
PINS = $(BUILD)/requirements
requirements:
	/usr/bin/python3 -m venv --clear --upgrade-deps $(PINS)/synapse
	$(PINS)/synapse/bin/python tests/pins.py --make requirements.txt \
	    $(if $(SYNAPSE),'matrix-synapse[all]==$(SYNAPSE)')
	/usr/bin/python3 -m venv --clear --upgrade-deps $(PINS)/client
	$(PINS)/client/bin/python tests/pins.py --make tests/e2e/requirements.txt

golden: $(BUILD)/synlua
	GOLDEN=1 $(BUILD)/synlua eval tests/runner.lua tests/run/golden_spec.lua
