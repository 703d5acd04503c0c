#!lua name=viaduct

-- Functions for producers: the state and its message in one atomic call. docs/producers.md describes them.
--
--   FCALL viaduct_put 1 trains FEATURE                        HSET trains, PUBLISH trains
--   FCALL viaduct_put 1 trains FEATURE SHARDED                HSET trains, SPUBLISH trains
--   FCALL viaduct_put 2 ships ships:state FEATURE [MAXLEN n]  HSET ships:state, XADD ships
--   FCALL viaduct_remove ...                                  the same with the field in place of FEATURE: HDEL
--
-- All keys are declared, so a Redis Cluster runs each call on the right node.

-- Entries that a stream keeps, about, if the call does not say otherwise.
local MAX_ENTRIES = 10000

-- Lua has only doubles: larger numbers lose digits.
local MAX_INTEGER = 9007199254740992

local function refuse(message)
  return redis.error_reply('ERR viaduct: ' .. message)
end

-- The name of the field of a feature with this id, and the id as JSON; nil for an id that is not possible here.
local function id_texts(id)
  if type(id) == 'string' then return id, cjson.encode(id) end
  if type(id) == 'number' and id % 1 == 0 and math.abs(id) < MAX_INTEGER then
    local text = string.format('%.0f', id)
    return text, text
  end
  return nil
end

-- cjson reads NaN and Infinity, which are not JSON.
local function is_finite(value)
  if type(value) == 'number' then return value == value and math.abs(value) < math.huge end
  if type(value) ~= 'table' then return true end
  for _, part in pairs(value) do
    if not is_finite(part) then return false end
  end
  return true
end

local function parse(text)
  local valid, feature = pcall(cjson.decode, text)
  if not valid or not is_finite(feature) then return nil, 'the feature is not valid JSON' end
  if type(feature) ~= 'table' or feature.type ~= 'Feature' then
    return nil, 'the text is not a GeoJSON Feature'
  end
  return feature
end

-- How the message is sent, from the keys and the words after the first argument; nil and an error if that is wrong.
local function sending(keys, args)
  local way = { stream = keys[2] and keys[1], channel = keys[1], state = keys[2] or keys[1] }
  way.command, way.max = 'PUBLISH', MAX_ENTRIES
  if #keys < 1 or #keys > 2 then return nil, 'give one key (a hash) or two (a stream and its state)' end
  local word = args[2] and string.upper(args[2])
  if word == 'SHARDED' and not way.stream and #args == 2 then
    way.command = 'SPUBLISH'
  elseif word == 'MAXLEN' and way.stream and #args == 3 and string.match(args[3], '^[1-9]%d*$') then
    way.max = args[3]
  elseif word then
    return nil, 'after the first argument there may be SHARDED (for a hash) or MAXLEN n (for a stream)'
  end
  -- What Redis has done before an error stays done, so the types are compared first.
  for key, wanted in pairs({ [way.state] = 'hash', [way.stream or way.state] = way.stream and 'stream' or 'hash' }) do
    local found = redis.call('TYPE', key).ok
    if found ~= wanted and found ~= 'none' then return nil, key .. ' is a ' .. found .. ', not a ' .. wanted end
  end
  return way
end

local function send(way, text)
  if way.stream then return redis.call('XADD', way.stream, 'MAXLEN', '~', way.max, '*', 'data', text) end
  redis.call(way.command, way.channel, text)
  return 1
end

-- Writes a feature. Returns 1, or the id of the entry.
local function put(keys, args)
  local way, wrong = sending(keys, args)
  if not way then return refuse(wrong) end
  local feature, invalid = parse(args[1] or '')
  if not feature then return refuse(invalid) end
  if type(feature.geometry) ~= 'table' then return refuse('the feature has no geometry; viaduct_remove removes one') end
  local field = id_texts(feature.id)
  if not field then return refuse('the feature needs an id: text, or a whole number below 2^53') end
  redis.call('HSET', way.state, field, args[1])
  return send(way, args[1])
end

-- Removes a feature by its field, and says so with the id that it had. Returns 0 if there was none, otherwise as put does.
local function remove(keys, args)
  local way, wrong = sending(keys, args)
  if not way then return refuse(wrong) end
  local field = args[1]
  if not field then return refuse('viaduct_remove needs the field of a feature') end
  local text = redis.call('HGET', way.state, field)
  if not text then return 0 end
  local feature = parse(text) or {}
  local _, id = id_texts(feature.id)
  redis.call('HDEL', way.state, field)
  return send(way, '{"type":"Feature","id":' .. (id or cjson.encode(field)) .. ',"geometry":null,"properties":null}')
end

redis.register_function('viaduct_put', put)
redis.register_function('viaduct_remove', remove)
