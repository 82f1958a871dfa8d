-- Sizes of the buffers in which nginx keeps an answer of Synapse. Pure.

local buffers = {}

--- How many buffers one answer may take, and how large one may be.
buffers.COUNT, buffers.LARGEST = 32, 64 * 1024 * 1024

--- The size of one buffer.
---@param settings Settings
---@return integer
function buffers.page(settings)
  local many = settings.NGINX_PROXY_BUFFERING and 1 or settings.NGINX_PROXY_BUFFERING_DISABLED_PAGE_MULTIPLIER
  return settings.NGINX_GENERAL_PAGE_SIZE_BYTES * many
end

--- The largest of all buffers: the first one has a size of its own.
---@param settings Settings
---@return integer
function buffers.largest(settings)
  return math.max(settings.NGINX_PROXY_BUFFER_SIZE_BYTES, buffers.page(settings))
end

--- What is written to a file at once, if no variable says it.
---@param settings Settings
---@return integer
function buffers.twice_the_largest(settings) return 2 * buffers.largest(settings) end

--- All buffers but one. What is on its way to the client must leave one to be filled.
---@param settings Settings
---@return integer
function buffers.most_busy(settings) return (buffers.COUNT - 1) * buffers.page(settings) end

--- What is on its way to the client, if no variable says it.
---@param settings Settings
---@return integer
function buffers.busy(settings) return math.min(buffers.twice_the_largest(settings), buffers.most_busy(settings)) end

return buffers
