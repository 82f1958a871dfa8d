-- From when to when a certificate is good, in words. Pure.

local validity = {}

local HOUR, DAY = 3600, 86400
local EARLY = 14 * DAY -- before its end a certificate is told of

local function span(seconds)
  local days = seconds // DAY
  if days >= 2 then return days .. " days" end
  local hours = seconds // HOUR
  if hours >= 2 then return hours .. " hours" end
  return "less than 2 hours"
end

local FORM, RENEW = "!%Y-%m-%d %H:%M UTC", "renew it; a new file is taken over while synlua runs"

---@class Validity
---@field path string of the certificate
---@field from integer seconds of the epoch
---@field until_ integer
---@field ocsp? string where one may ask whether it was revoked

--- What is wrong, or soon will be. nil: nothing.
---@param one Validity
---@param now integer seconds of the epoch
---@param date fun(form: string, at: integer): string os.date
---@return string|nil what
---@return string? hint
function validity.fault(one, now, date)
  local left = one.until_ - now
  if now < one.from then
    return ("is not good before %s: clients will refuse it until then"):format(date(FORM, one.from)),
      "is the clock of this machine right? If so, wait, or name another one"
  elseif left < 0 then
    return ("has ended on %s: clients and other servers refuse it"):format(date(FORM, one.until_)),
      RENEW
  elseif left < EARLY then
    return ("ends in %s, on %s"):format(span(left), date(FORM, one.until_)), RENEW
  end
end

--- Seconds until there may be something new to tell: a day at most.
---@param one Validity
---@param now integer
---@return integer
function validity.pause(one, now)
  local pause = DAY
  for _, at in ipairs {one.from, one.until_ - EARLY, one.until_ + 1} do
    if at >= now then pause = math.min(pause, at - now + 1) end
  end
  return pause
end

return validity
