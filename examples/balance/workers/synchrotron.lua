-- Shipped synchrotrons get all requests of one user at one process, so that its cache is warm. Here they go by the
-- address of the client: for servers where many users share few access tokens, such as bots behind one proxy.
return {
  api = 2,
  extends = function(shipped)
    for _, endpoint in ipairs(shipped.endpoints) do
      if endpoint.balance == "user" then endpoint.balance = "source" end
    end
    return shipped
  end,
}
