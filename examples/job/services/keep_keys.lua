-- Before each start of Synapse, copies what cannot be made again: keys, secrets and homeserver.yaml. A file that has
-- changed is kept beside its former versions, in /data/.synlua.services/keep_keys/copies. A job is ready when it ends
-- with status 0; what stands in `before` waits for that.
local SCRIPT = [[
cd "$2/copies" || exit
for file in "$1"/*.key "$1"/homeserver.yaml; do
    name=${file##*/}
    [ -f "$file" ] && ! cmp -s "$file" "$name" || continue
    [ ! -e "$name" ] || mv "$name" "$name.$(date +%s)"
    cp "$file" "$name.new" && mv "$name.new" "$name" && echo "kept $name" || exit
done
]]

return {
  api = 2,
  doc = "Keeps copies of keys and of homeserver.yaml.",
  argv = function(view) return {"/bin/sh", "-c", "umask 077\n" .. SCRIPT, "sh", view.paths.data, view.paths.state} end,
  ready = "exit",
  before = {"synapse"},
  directories = {"copies"},
}
