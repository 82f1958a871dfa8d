std = "lua54"
read_globals = {package = {fields = {"home"}}} -- where our files are; set by core/bind/vm.c
max_line_length = 120
max_cyclomatic_complexity = 12

files["tests"] = {std = "+busted", max_cyclomatic_complexity = false}
files["examples/haproxy/templates"] = {read_globals = {"core"}}
