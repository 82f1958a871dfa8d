-- Tells a web address of every service that died by itself, and of one that will not be tried again. Chat servers with
-- incoming webhooks (Mattermost, Slack, hookshot) take a text like this. Write your own address here.
local ADDRESS = "http://127.0.0.1:8065/hooks/CHANGE-ME"

-- An end that somebody wanted.
local WANTED = {stopped = true, finished = true}

return {
  api = 2,
  on = function(event, act)
    if event.event == "failed" then
      act.post(ADDRESS, {text = ("%s has failed for good: %s"):format(event.service, event.words or "see the log")})
    elseif event.event == "exited" and not WANTED[event.cause] then
      act.post(ADDRESS, {text = ("%s died: %s"):format(event.service, event.words or "see the log")})
    end
  end,
}
