-- A cart is a hash: item id -> {"lots": [[added at, quantity], ...], "taken": {order id: placed at}}.
-- Lots keep apart what was added before an order from what was added after it. An order that has
-- taken its lines is noted for as long as there are lots that it could take from again.

local function lots_of(text)
  return text and cjson.decode(text) or { lots = {}, taken = {} }
end

local function quantity_of(line)
  local sum = 0
  for _, lot in ipairs(line.lots) do sum = sum + lot[2] end
  return sum
end

local MOST_LOTS = 20

local function add_lot(line, now, quantity)
  line.lots[#line.lots + 1] = { now, quantity }
  if #line.lots > MOST_LOTS then
    local oldest = table.remove(line.lots, 1)
    line.lots[1][2] = line.lots[1][2] + oldest[2]
  end
end

-- From the newest lot back: what was there before an order stays the order's to take.
local function cut(line, quantity)
  while quantity > 0 do
    local newest = line.lots[#line.lots]
    local step = math.min(quantity, newest[2])
    newest[2] = newest[2] - step
    quantity = quantity - step
    if newest[2] == 0 then table.remove(line.lots) end
  end
end

local function encode(line)
  local taken = {}
  for order, placed in pairs(line.taken) do taken[#taken + 1] = cjson.encode(order) .. ':' .. string.format('%d', placed) end
  local lots = {}
  for i, lot in ipairs(line.lots) do lots[i] = string.format('[%d,%d]', lot[1], lot[2]) end
  return '{"lots":[' .. table.concat(lots, ',') .. '],"taken":{' .. table.concat(taken, ',') .. '}}'
end

local function save(cart, item, line)
  if #line.lots == 0 then
    redis.call('HDEL', cart, item)
  else
    redis.call('HSET', cart, item, encode(line))
  end
end

local function load(cart, item)
  return lots_of(redis.call('HGET', cart, item))
end

-- Only carts that hold something are kept, and can be idle.
local function touch(cart, idle, user, now, lifetime)
  if redis.call('EXISTS', cart) == 1 then
    redis.call('EXPIRE', cart, lifetime)
    redis.call('ZADD', idle, now, user)
  else
    redis.call('ZREM', idle, user)
  end
end

local function contents(cart)
  local found = {}
  local all = redis.call('HGETALL', cart)
  for i = 1, #all, 2 do
    found[#found + 1] = all[i]
    found[#found + 1] = quantity_of(lots_of(all[i + 1]))
  end
  return found
end

local function read(keys, args)
  redis.call('EXPIRE', keys[1], tonumber(args[1]))
  return contents(keys[1])
end

-- keys: cart, idle; args: user, now, lifetime, most items, most of one, item, quantity
local function add(keys, args)
  local item, quantity = args[6], tonumber(args[7])
  local before = redis.call('HLEN', keys[1])
  local line = load(keys[1], item)
  if #line.lots == 0 and before >= tonumber(args[4]) then
    return redis.error_reply('FULL items')
  end
  if quantity_of(line) + quantity > tonumber(args[5]) then
    return redis.error_reply('FULL quantity')
  end
  add_lot(line, tonumber(args[2]), quantity)
  save(keys[1], item, line)
  touch(keys[1], keys[2], args[1], tonumber(args[2]), tonumber(args[3]))
  return { before, contents(keys[1]) }
end

-- keys: cart, idle; args: user, now, lifetime, item, quantity
local function change(keys, args)
  local item, quantity = args[4], tonumber(args[5])
  local line = load(keys[1], item)
  if #line.lots == 0 then return redis.error_reply('ABSENT') end
  local more = quantity - quantity_of(line)
  if more > 0 then add_lot(line, tonumber(args[2]), more) end
  if more < 0 then cut(line, -more) end
  save(keys[1], item, line)
  touch(keys[1], keys[2], args[1], tonumber(args[2]), tonumber(args[3]))
  return contents(keys[1])
end

-- keys: cart, idle; args: user, now, lifetime, item
local function remove(keys, args)
  if redis.call('HDEL', keys[1], args[4]) == 1 then
    touch(keys[1], keys[2], args[1], tonumber(args[2]), tonumber(args[3]))
  end
  return 0
end

local function clear(keys, args)
  redis.call('DEL', keys[1])
  redis.call('ZREM', keys[2], args[1])
  return 0
end

-- keys: cart, idle, merged; args: user, now, lifetime, most items, most of one, cart id, item, quantity, ...
local function merge(keys, args)
  local now, lifetime = tonumber(args[2]), tonumber(args[3])
  local before = redis.call('HLEN', keys[1])
  local refused = {}
  if redis.call('ZADD', keys[3], 'NX', now, args[6]) == 1 then
    local length = before
    for i = 7, #args, 2 do
      local line = load(keys[1], args[i])
      local wanted = tonumber(args[i + 1])
      local fits = math.min(wanted, tonumber(args[5]) - quantity_of(line))
      if #line.lots == 0 then
        if length >= tonumber(args[4]) then fits = 0 else length = length + 1 end
      end
      if fits > 0 then
        add_lot(line, now, fits)
        save(keys[1], args[i], line)
      end
      if fits < wanted then
        refused[#refused + 1] = args[i]
        refused[#refused + 1] = wanted - fits
      end
    end
    redis.call('ZREMRANGEBYRANK', keys[3], 0, -101)
    touch(keys[1], keys[2], args[1], now, lifetime)
  end
  redis.call('EXPIRE', keys[3], lifetime)
  return { before, contents(keys[1]), refused }
end

-- keys: cart, idle; args: user, order id, placed at, item, quantity, ...
local function take(keys, args)
  local order, placed, took = args[2], tonumber(args[3]), 0
  for i = 4, #args, 2 do
    local line = load(keys[1], args[i])
    if #line.lots > 0 and not line.taken[order] then
      local wanted = tonumber(args[i + 1])
      -- From the newest that it could have seen: older ones are left to older orders.
      for at = #line.lots, 1, -1 do
        local lot = line.lots[at]
        if lot[1] <= placed and wanted > 0 then
          local step = math.min(wanted, lot[2])
          lot[2] = lot[2] - step
          wanted, took = wanted - step, took + step
          if lot[2] == 0 then table.remove(line.lots, at) end
        end
      end
      line.taken[order] = placed
      for other, at in pairs(line.taken) do
        if #line.lots == 0 or at < line.lots[1][1] then line.taken[other] = nil end
      end
      save(keys[1], args[i], line)
    end
  end
  if redis.call('EXISTS', keys[1]) == 0 then redis.call('ZREM', keys[2], args[1]) end
  return took
end

-- keys: idle; args: user, changed at
local function forget(keys, args)
  if redis.call('ZSCORE', keys[1], args[1]) == args[2] then
    return redis.call('ZREM', keys[1], args[1])
  end
  return 0
end
