-- load.lua - what wrk asks for:  wrk ... -s load.lua URL -- KIND DIR PATH [BASE]
--
-- KIND is plain, token, user, comments, login, like, wide or hot; DIR holds what generate wrote; PATH
-- is asked, so that the do-nothing program gets the very same requests as the measured one.  Pair
-- BASE + n of like (200 users) and wide (20,000) is a user and a clip that no other n has; hot is
-- clip BASE for one user after the other.
-- The invariant: requests are made ready before the clock runs, except for likes.

local POPULATION = 200 -- tokens and ids of the reading kinds
local list, at = {}, 0
local users, tokens, videos, base, path, kind

local function read(dir, name, most)
	local found = {}
	for line in io.lines(dir .. "/" .. name) do
		if #found == most then break end
		found[#found + 1] = line
	end
	return found
end

function init(args)
	kind, path, base = args[1], args[3], tonumber(args[4] or 0)
	local dir = args[2]
	local most = (kind == "wide" or kind == "hot") and 20000 or POPULATION
	tokens, users = read(dir, "tokens", most), read(dir, "users", most)
	for i, line in ipairs(tokens) do tokens[i] = line:match(" (.+)") end
	videos = read(dir, kind == "comments" and "discussed" or "videos", 20000)
	for i, line in ipairs(videos) do videos[i] = line:match("%d+") end
	local password = read(dir, "password", 1)[1]
	for i = 1, #tokens do
		local t = "token=" .. tokens[i]
		if kind == "plain" then
			list[i] = wrk.format("GET", path)
		elseif kind == "token" then
			list[i] = wrk.format("GET", path .. "?" .. t)
		elseif kind == "user" then
			-- not oneself, and another pair in each place of the list
			list[i] = wrk.format("GET", path .. "?user_id=" .. users[(i * 7) % #users + 1] .. "&" .. t)
		elseif kind == "comments" then
			list[i] = wrk.format("GET", path .. "?video_id=" .. videos[i % #videos + 1] .. "&" .. t)
		elseif kind == "login" then
			list[i] = wrk.format("POST", path .. "?username=viewer" .. i .. "&password=" .. password, nil, "")
		end
	end
end

function request()
	if kind == "like" or kind == "wide" or kind == "hot" then
		local n = base + at
		if kind == "hot" then n = at end
		local user, round = n % #users, math.floor(n / #users)
		local video = kind == "hot" and base or (user * 7919 + round) % #videos
		at = at + 1
		return wrk.format("POST", path .. "?action_type=1&video_id=" .. videos[video + 1] ..
			"&token=" .. tokens[user + 1], nil, "")
	end
	at = at % #list + 1
	return list[at]
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format("RESULT %d %d %d %.1f %.1f\n", summary.requests, summary.duration,
		e.connect + e.read + e.write + e.status + e.timeout,
		latency:percentile(50), latency:percentile(99)))
end
