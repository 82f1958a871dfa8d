local database = require "settings.schema.database"
local postgres = require "settings.postgres"

describe("the variables of a PostgreSQL server outside", function()
  it("are all those of the schema", function()
    local known, schema = {[postgres.COMMIT] = true}, {}
    for _, argument in ipairs(postgres.ARGUMENTS) do known[argument.variable] = true end
    for _, entry in ipairs(database.entries) do schema[entry.name] = true end
    assert.same(schema, known)
  end)

  it("ask for one by host or password, under the name that was set", function()
    assert.is_nil(postgres.asked_by {POSTGRES_PORT = "POSTGRES_PORT"})
    assert.equal("POSTGRES_PASSWORD_FILE", postgres.asked_by {POSTGRES_PASSWORD = "POSTGRES_PASSWORD_FILE"})
    assert.equal("POSTGRES_HOST", postgres.asked_by {POSTGRES_HOST = "POSTGRES_HOST", POSTGRES_PASSWORD = "x"})
    for _, name in ipairs(postgres.idle()) do assert.is_nil(postgres.asked_by {[name] = name}) end
  end)
end)
