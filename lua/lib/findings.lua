-- Functions that collect problems and warnings.

local findings = {}

local function into(list)
  return function(where, what, hint) list[#list + 1] = {where = where, what = what, hint = hint} end
end

---@class Findings
---@field problem fun(where: string, what: string, hint: string)
---@field warning fun(where: string, what: string, hint?: string)

--- Two functions, `problem` and `warning`, that add to these lists.
---@param problems Problem[]
---@param warnings Problem[]
---@return Findings
function findings.into(problems, warnings) return {problem = into(problems), warning = into(warnings)} end

return findings
