// app.mjs - the web client as people use it, on the real stack: each screen's main path on a phone in
// Chinese and on a desktop in English, dark and light, axe-core on every screen.
//
// The invariant: see device.mjs.

import fs from "node:fs";
import { assert, job, withBrowser } from "./browser.mjs";
import { button, clean, device, gone, login, look, playing, run, shownId } from "./device.mjs";

// A double tap or click on the middle of the shown clip.
async function doubleTap(d) {
	const { width, height } = d.page.viewportSize();
	const tap = () => (d.kind === "desktop" ? d.page.mouse.click(width / 2, height / 2) : d.page.touchscreen.tap(width / 2, height / 2));

	await tap();
	await tap();
}

async function feed(d) {
	await d.page.goto(job.base);
	await playing(d.page);
	await look(d, "feed");
	const first = await shownId(d.page);
	if (d.kind === "desktop") {
		await d.page.keyboard.press("ArrowDown");
	} else {
		await d.page.evaluate(() => document.querySelector(".stream").scrollBy({ top: innerHeight, behavior: "smooth" }));
	}
	await d.page.waitForFunction((id) => [...document.querySelectorAll(".card")].find((c) => Math.abs(c.getBoundingClientRect().top) < 4)
		?.dataset.id !== id, first);
	await playing(d.page);
	assert(await d.page.locator("video").count() <= 5, "more than five <video>");
	const { width, height } = d.page.viewportSize();
	await d.page.mouse.click(width / 2, height / 2);
	await d.page.waitForFunction(() => [...document.querySelectorAll("video")].every((v) => v.paused));
	await d.page.mouse.click(width / 2, height / 2);
	await playing(d.page);
	/* A step back from the author's page is to the clip that was left. */
	const left = await shownId(d.page);
	await d.page.locator(`[data-id="${left}"] .author`).click();
	await d.page.locator(".profile").waitFor();
	await d.page.goBack();
	await playing(d.page);
	const here = await shownId(d.page);
	assert(here === left, `back at ${here}, ${left} was left`);
	await look(d, "feed again");
	clean(d);
}

async function clip(d) {
	await d.page.goto(`${job.base}/v/${job.clips[0]}`);
	await playing(d.page);
	assert(await shownId(d.page) === String(job.clips[0]), "another clip than the address says");
	const heart = d.page.locator(`[data-id="${job.clips[0]}"]`).getByRole("button", { name: d.words.like, exact: true });
	const before = await heart.getAttribute("aria-pressed");
	await doubleTap(d);
	await d.page.waitForFunction((id) => document.querySelector(`[data-id="${id}"] .rail [aria-pressed]`)
		.getAttribute("aria-pressed") === "true", job.clips[0]);
	assert(before === "false", "liked before it was");
	await d.page.locator(`[data-id="${job.clips[0]}"]`).getByRole("button", { name: d.words.bookmark, exact: true }).click();
	await look(d, "clip");
	clean(d);
}

async function comments(d) {
	const said = `${d.kind} 你好 <b>"&'`;

	await d.page.goto(`${job.base}/v/${job.clips[0]}`);
	await playing(d.page);
	await d.page.locator(`[data-id="${job.clips[0]}"]`).getByRole("button", { name: d.words.comments, exact: true }).click();
	await d.page.getByLabel(d.words.write_comment).fill(said);
	await d.page.locator("dialog button[type=submit]").click();
	await d.page.locator(".comment p", { hasText: said }).first().waitFor();
	await button(d, "reply").first().click();
	await d.page.getByLabel(d.words.write_comment).fill("re: " + d.kind);
	await d.page.locator("dialog button[type=submit]").click();
	await d.page.locator(".replies .comment", { hasText: "re: " + d.kind }).waitFor();
	await d.page.locator(".comment-like button").first().click();
	await d.page.waitForFunction(() => document.querySelector(".comment-like button").getAttribute("aria-pressed") === "true");
	await look(d, "comments");
	await d.page.locator(".replies .comment", { hasText: "re: " + d.kind }).locator(".dots").click();
	await button(d, "delete").waitFor();
	await look(d, "comment-own-menu");
	await button(d, "delete").click();
	await d.page.locator(".replies .comment", { hasText: "re: " + d.kind }).waitFor({ state: "detached" });
	await d.page.keyboard.press("Escape");
	await gone(d);
	clean(d);
}

async function profile(d) {
	await d.page.goto(`${job.base}/u/${encodeURIComponent(job.author.user.username)}`);
	await d.page.locator(".grid li").first().waitFor();
	await look(d, "profile");
	const follow = d.page.locator(".profile .follow").first();
	const was = await follow.getAttribute("aria-pressed");
	await follow.click();
	await d.page.waitForFunction((x) => document.querySelector(".profile .follow").getAttribute("aria-pressed") !== x, was);
	await d.page.locator(".numbers button").nth(1).click();
	await d.page.locator("dialog .user-row").first().waitFor();
	await look(d, "followers");
	await d.page.keyboard.press("Escape");
	await d.page.locator(".grid a").first().click();
	await playing(d.page);
	await d.page.goBack();
	await d.page.locator(".profile").waitFor();
	clean(d);
}

async function own(d) {
	const about = `about ${d.kind} 豆腐`;

	await d.page.goto(`${job.base}/u/${encodeURIComponent(job.viewer.user.username)}`);
	await button(d, "edit_profile").click();
	await d.page.getByLabel(d.words.about).fill(about);
	await look(d, "edit-profile");
	await d.page.locator("dialog button[type=submit]").click();
	await d.page.locator(".profile", { hasText: about }).waitFor();
	for (const key of ["likes", "bookmarks", "history"]) {
		await d.page.getByRole("tab", { name: d.words[key], exact: true }).click();
		await d.page.waitForFunction(() => !document.querySelector(".spinner"));
	}
	await look(d, "history");
	await d.page.getByRole("tab", { name: d.words.bookmarks, exact: true }).click();
	await d.page.locator(".grid li").first().waitFor();
	clean(d);
}

async function search(d) {
	await d.page.goto(`${job.base}/#/search`);
	await d.page.locator(".tags a").first().waitFor();
	await look(d, "search-tags");
	await d.page.getByRole("searchbox").fill("tofu");
	await d.page.locator(".hints button").first().waitFor();
	await look(d, "search-hints");
	await d.page.getByRole("searchbox").press("Enter");
	await d.page.locator(".grid li").first().waitFor();
	await look(d, "search-found");
	await d.page.getByRole("tab", { name: d.words.people, exact: true }).click();
	await d.page.waitForFunction(() => !document.querySelector(".spinner"));
	await d.page.goto(`${job.base}/#/search?q=tofu&type=tag`);
	await d.page.locator(".grid li").first().waitFor();
	clean(d);
}

async function settings(d) {
	await d.page.goto(`${job.base}/#/settings`);
	await d.page.getByLabel(d.words.theme).selectOption("light");
	await look(d, "settings-light");
	for (const [name, address, ready] of [["light-search", "#/search", ".tags a"], ["light-inbox", "#/inbox", ".tabs"],
		["light-profile", `u/${encodeURIComponent(job.author.user.username)}`, ".grid li"], ["light-clip", `v/${job.clips[0]}`, ".card"]]) {
		await d.page.goto(`${job.base}/${address}`);
		await d.page.locator(ready).first().waitFor();
		await look(d, name);
	}
	await d.page.goto(`${job.base}/#/settings`);
	await d.page.getByLabel(d.words.theme).selectOption("dark");
	await look(d, "settings");
	clean(d);
}

async function upload(d) {
	await d.page.goto(`${job.base}/#/upload`);
	await d.page.locator("input[type=file]").first().setInputFiles(job.file);
	await d.page.getByLabel(d.words.title).fill(`${d.kind} #uploaded`);
	await look(d, "upload");
	await d.page.locator("form button[type=submit]").click();
	await d.page.getByText(d.words.state_ready, { exact: true }).waitFor({ timeout: 60000 * job.patience });
	await look(d, "upload-ready");
	await d.page.getByRole("link", { name: d.words.watch, exact: true }).click();
	await playing(d.page);
	const id = await shownId(d.page);
	await d.page.goto(`${job.base}/u/${encodeURIComponent(job.viewer.user.username)}`);
	await d.page.locator(".grid-more").first().click();
	await d.page.getByLabel(d.words.title, { exact: true }).fill(`${d.kind} changed`);
	await d.page.getByLabel(d.words.cover_time).check();
	await look(d, "edit-clip");
	await d.page.locator("dialog button[type=submit]").click();
	await d.page.locator(".toasts p", { hasText: d.words.cover_soon }).waitFor();
	await gone(d);
	await d.page.goto(`${job.base}/v/${id}`);
	await d.page.locator(".caption", { hasText: `${d.kind} changed` }).waitFor();
	await d.page.goto(`${job.base}/u/${encodeURIComponent(job.viewer.user.username)}`);
	await d.page.locator(".grid-more").first().click();
	await button(d, "delete_clip").click();
	await gone(d);
	clean(d);
}

// Two browsers: what one writes, the other sees without doing anything; then the notification.
async function talk(browser, d) {
	const other = await device(browser, d.kind === "phone" ? "desktop" : "phone", { viewer: job.author });
	const hello = `hello from ${d.kind} 😀`;

	try {
		await other.page.goto(`${job.base}/#/chat/${encodeURIComponent(job.viewer.user.username)}`);
		await d.page.goto(`${job.base}/#/chat/${encodeURIComponent(job.author.user.username)}`);
		await d.page.getByLabel(d.words.write_message).fill(hello);
		await d.page.locator(".write button[type=submit]").click();
		await other.page.locator(".message", { hasText: hello }).waitFor({ timeout: 25000 });
		await other.page.getByLabel(other.words.write_message).fill("back: " + d.kind);
		await other.page.locator(".write button[type=submit]").click();
		await d.page.locator(".message", { hasText: "back: " + d.kind }).waitFor({ timeout: 25000 });
		await look(d, "chat");
		await other.page.goto(`${job.base}/#/inbox`);
		await other.page.locator(".user-row", { hasText: job.viewer.user.username }).first().waitFor();
		await look(other, "notifications");
		await other.page.getByRole("tab", { name: other.words.messages, exact: true }).click();
		await other.page.locator(".user-row", { hasText: "back: " + d.kind }).waitFor();
		await look(other, "conversations");
		clean(d);
		clean(other);
	} finally {
		await other.context.close();
	}
}

async function offline(d) {
	await d.page.goto(job.base);
	await playing(d.page);
	await d.page.evaluate(() => navigator.serviceWorker.ready);
	await d.page.goto(`${job.base}/#/search`);
	await d.page.locator(".search-form").waitFor();
	await d.page.reload(); /* now through the worker, which keeps what it saw */
	await d.page.locator(".search-form").waitFor();
	d.offline = true;
	await d.context.setOffline(true);
	await d.page.goto(`${job.base}/`);
	/* Chromium before 156 does not tell a new document that there is no network, unless it has just gone. */
	const told = !await d.page.evaluate(() => navigator.onLine), version = d.context.browser().version();
	assert(told || parseInt(version, 10) < 156, `${version} did not tell`);
	await d.page.getByText(told ? d.words.offline : d.words.trouble).waitFor();
	await look(d, "offline");
	if (!told) {
		await d.context.setOffline(false);
		await d.context.setOffline(true);
	}
	await d.context.setOffline(false); /* nobody touches anything */
	await playing(d.page);
	d.offline = false;
	clean(d);
}

// What a phone asks before it installs a page, what search engines and readers ask of its head, and that
// one visit is enough for the shell to be there without a network.
async function installs(browser) {
	const d = await device(browser, "phone");
	const cdp = await d.context.newCDPSession(d.page);

	await d.page.goto(job.base);
	await playing(d.page);
	const { data, errors } = await cdp.send("Page.getAppManifest");
	assert(errors.length === 0, errors);
	const lacks = (await cdp.send("Page.getInstallabilityErrors")).installabilityErrors.map((e) => e.errorId)
		.filter((id) => id !== "in-incognito"); /* which contexts of tests are */
	assert(lacks.length === 0, `not installable: ${lacks}`);
	const manifest = JSON.parse(data);
	for (const key of ["name", "short_name", "description", "start_url", "display", "theme_color", "background_color", "icons"])
		assert(manifest[key], `the manifest has no ${key}`);
	assert(["any", "maskable"].every((purpose) => manifest.icons.some((i) => i.purpose === purpose && parseInt(i.sizes, 10) >= 512)),
		"an icon is missing");
	for (const { src, sizes, type } of manifest.icons) {
		const seen = await d.page.evaluate(async (url) => {
			const reply = await fetch(url), image = await createImageBitmap(await reply.blob());
			return [`${image.width}x${image.height}`, reply.headers.get("content-type")];
		}, src);
		assert(seen[0] === sizes && seen[1] === type, `${src} is ${seen}`);
	}
	const head = await d.page.evaluate(() => ({ title: document.title, language: document.documentElement.lang,
		icon: document.querySelector("link[rel=apple-touch-icon]")?.href, doctype: document.compatMode,
		...Object.fromEntries([...document.querySelectorAll("meta[name]")].map((m) => [m.name, m.content])) }));
	assert(head.title && head.description && head.icon && head.language === "zh-CN" && head.doctype === "CSS1Compat", head);
	assert(head["theme-color"] === manifest.theme_color, `the colour is ${head["theme-color"]}`);
	assert(/width=device-width/.test(head.viewport) && !/user-scalable|maximum-scale/.test(head.viewport), head.viewport);

	await d.page.evaluate(() => navigator.serviceWorker.ready);
	d.offline = true;
	await d.context.setOffline(true);
	for (const address of ["/", `/v/${job.clips[0]}`]) {
		await d.page.goto(job.base + address);
		/* Chromium does not tell every new document that there is no network: either text is right. */
		await d.page.getByRole("alert").filter({ hasText: d.words.again }).waitFor();
		assert(await d.page.evaluate(() => getComputedStyle(document.querySelector(".bar")).display === "flex"),
			`${address} comes without its style`);
	}
	clean(d);
	await d.context.close();
}

async function nothing(d) {
	d.expect = /status of (404|400)/;
	await d.page.goto(`${job.base}/v/1`);
	await d.page.getByRole("alert").first().waitFor();
	await look(d, "no-clip");
	await d.page.goto(`${job.base}/#/nowhere`);
	await d.page.getByText(d.words.no_such_page).waitFor();
	await look(d, "no-page");
	await d.page.goto(`${job.base}/u/nobody-of-this-name`);
	await d.page.getByRole("alert").first().waitFor();
	d.expect = null;
	clean(d);
}

// The network gone twice, the page loaded anew in between; then the same file again, which goes on by itself.
async function cutUpload(d) {
	const PIECES = 10;
	let patched = 0;

	/* On loopback all would be over before a cable could be pulled. */
	await d.page.addInitScript(() => {
		const { open, send } = XMLHttpRequest.prototype;
		XMLHttpRequest.prototype.open = function (method, ...rest) {
			this.slow = method === "PATCH";
			return open.call(this, method, ...rest);
		};
		XMLHttpRequest.prototype.send = function (body) {
			setTimeout(() => send.call(this, body), this.slow ? 200 : 0);
		};
	});
	d.page.on("response", (r) => { patched += r.request().method() === "PATCH" && r.status() === 204; });
	/* The last of them of sw.js, which the page asks for some time after it has come. */
	d.expect = /ERR_INTERNET_DISCONNECTED|ERR_NETWORK|error occurred when fetching the script/;
	const until = async (n) => {
		for (const end = Date.now() + 20000 * job.patience; patched < n;) {
			assert(Date.now() < end, `only ${patched} pieces came, ${n} are waited for: ` +
				`${await d.page.locator(".jobs").textContent()} ${d.wrong.join(" ")}`);
			await new Promise((done) => { setTimeout(done, 20); });
		}
	};
	const away = async () => {
		await d.context.setOffline(true);
		await new Promise((done) => { setTimeout(done, 1200); });
		await d.context.setOffline(false);
	};
	const begin = async () => {
		await d.page.goto(`${job.base}/#/upload`);
		await d.page.reload();
		await d.page.locator("input[type=file]").first().setInputFiles(job.large);
	};

	await begin();
	await d.page.getByLabel(d.words.title).fill("cut twice");
	await d.page.locator("form button[type=submit]").click();
	await until(2);
	await away();
	await until(4);
	/* The file is chosen before the server has said what is there of it. */
	await d.page.route(/[?&]upload_id=/, async (route) => {
		await new Promise((done) => { setTimeout(done, 700); });
		await route.continue();
	});
	await begin();
	await d.page.locator(".job", { hasText: "cut twice" }).waitFor();
	await until(6);
	await away();
	await d.page.getByText(d.words.state_ready, { exact: true }).waitFor({ timeout: 60000 * job.patience });
	assert(patched <= PIECES + 2, `${patched} pieces were sent of ${PIECES}: it began anew`);
	await d.page.goto(`${job.base}/u/${encodeURIComponent(job.viewer.user.username)}`);
	await d.page.locator(".grid li").first().waitFor();
	const n = await d.page.locator(".grid img[alt='cut twice']").count();
	assert(n === 1, `${n} clips came of it`);
	clean(d);
	return `${patched} pieces for ${PIECES}`;
}

// What the first screen costs: cold, a slow processor and a slow line, as the issue of the client has it.
async function firstScreen(browser) {
	const seen = [];

	for (let round = 0; round < 3; round++) {
		const d = await device(browser, "phone");
		const cdp = await d.context.newCDPSession(d.page);
		const asked = [], plain = [], scripts = new Set();
		let script = 0;

		await cdp.send("Network.enable");
		await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 60, downloadThroughput: 200000,
			uploadThroughput: 100000 });
		await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
		cdp.on("Network.responseReceived", (e) => /\/app\/.*\.js$/.test(e.response.url) && scripts.add(e.requestId));
		cdp.on("Network.loadingFinished", (e) => { script += scripts.has(e.requestId) ? e.encodedDataLength : 0; });
		d.page.on("response", (r) => {
			const { pathname } = new URL(r.url());

			if (!pathname.startsWith("/media/v/")) /* a clip comes in parts */
				asked.push(pathname);
			if (/^\/app\/.*\.(js|css)$/.test(pathname) && !r.headers()["content-encoding"])
				plain.push(pathname);
		});
		await d.context.addInitScript(() => {
			window.seen = {};
			const look = () => {
				const poster = document.querySelector(".poster"), video = document.querySelector(".card video");
				if (poster?.complete && poster.naturalWidth && !window.seen.picture)
					window.seen.picture = performance.now();
				if (video && !video.paused && video.currentTime > 0 && !window.seen.frame)
					window.seen.frame = performance.now();
				else
					requestAnimationFrame(look);
			};
			requestAnimationFrame(look);
		});
		await d.page.goto(job.base, { timeout: 60000 });
		await d.page.waitForFunction(() => window.seen.picture && window.seen.frame, null, { timeout: 60000 });
		seen.push({ ...await d.page.evaluate(() => window.seen), script });
		const twice = asked.filter((path, i) => asked.indexOf(path) !== i);
		/* Data that was asked for until the picture was there. */
		const data = await d.page.evaluate(() => {
			const all = performance.getEntriesByType("resource"), picture = all.find((e) => e.name.includes("/media/c/"));
			return all.filter((e) => e.name.includes("/api/") && e.startTime < picture.responseEnd).map((e) => e.name);
		});
		const shifts = await d.page.evaluate(() => window.shifts);
		assert(twice.length === 0, `asked for twice: ${twice}`);
		assert(data.length === 1, `one question is enough for the first picture: ${data}`);
		assert(plain.length === 0, `came unpacked: ${plain}`);
		assert(shifts.length === 0, `it jumps: ${JSON.stringify(shifts)}`);
		clean(d);
		await d.context.close();
	}
	assert(seen.every((s) => s.script > 1000 && s.script <= 40960), `${seen.map((s) => s.script)} bytes of JavaScript, compressed`);
	const median = (key) => seen.map((s) => s[key]).sort((a, b) => a - b)[1].toFixed(0);
	assert(median("picture") <= 1500 * job.patience && median("frame") <= 3000 * job.patience,
		`first picture ${median("picture")} ms, first frame playing ${median("frame")} ms`);
	return `first picture ${median("picture")} ms, first frame playing ${median("frame")} ms (4x CPU, 1.6 Mbit/s, 60 ms), ` +
		`JavaScript ${median("script")} bytes compressed`;
}

// Swipes to and fro: the time to the next clip's first frame, and what stays in memory.
async function swipes(browser) {
	const d = await device(browser, "phone");
	const cdp = await d.context.newCDPSession(d.page);
	const heap = async () => {
		await cdp.send("HeapProfiler.collectGarbage");
		return (await cdp.send("Runtime.getHeapUsage")).usedSize;
	};

	await cdp.send("Network.enable");
	await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 60, downloadThroughput: 1250000,
		uploadThroughput: 1250000 });
	await d.page.goto(job.base);
	await playing(d.page);
	const swipe = (n) => d.page.evaluate(async (count) => {
		const box = document.querySelector(".stream"), last = box.querySelectorAll(".card").length - 1, times = [];
		let at = Math.round(box.scrollTop / box.clientHeight), by = 1, most = 0;

		for (let i = 0; i < count; i++) {
			by = at + by > last || at + by < 0 ? -by : by;
			at += by;
			const card = box.children[at], began = performance.now();
			box.scrollTo({ top: at * box.clientHeight, behavior: "instant" });
			for (;;) {
				const video = card.querySelector("video");
				if (video && !video.paused && video.readyState >= 2 && video.classList.contains("has-picture"))
					break;
				if (performance.now() - began > 10000)
					throw new Error(`swipe ${i} shows no frame`);
				await new Promise(requestAnimationFrame);
			}
			times.push(performance.now() - began);
			most = Math.max(most, document.querySelectorAll("video").length);
			await new Promise((done) => { setTimeout(done, 150); });
		}
		return { times, most };
	}, n);
	await swipe(10);
	const before = await heap();
	const { times, most } = await swipe(job.swipes);
	const grown = await heap() - before;
	times.sort((a, b) => a - b);
	assert(most <= 5, `${most} <video>`);
	assert(grown < 10 << 20, `the heap grew by ${grown} bytes in ${job.swipes} swipes`);
	clean(d);
	await d.context.close();
	return `${job.swipes} swipes: p50 ${times[times.length >> 1].toFixed(0)} ms, p95 ` +
		`${times[Math.floor(times.length * 0.95)].toFixed(0)} ms (10 Mbit/s, 60 ms), heap grew by ${(grown / 1024).toFixed(0)} KiB, ` +
		`at most ${most} <video>`;
}

await withBrowser(async (browser) => {
	fs.mkdirSync(job.shots, { recursive: true });
	for (const kind of ["phone", "desktop"]) {
		const stranger = await device(browser, kind);
		await run(`app ${kind} feed`, stranger, feed);
		await run(`app ${kind} nothing there`, stranger, nothing);
		await run(`app ${kind} log in`, stranger, async (d) => {
			d.expect = /status of (400|401)/;
			await d.page.goto(`${job.base}/#/login`);
			await look(d, "login");
			await d.page.getByLabel(d.words.username).fill(job.viewer.user.username);
			await d.page.getByLabel(d.words.password).fill("not the password");
			await d.page.locator("form button[type=submit]").click();
			await d.page.locator(".error:not(:empty)").waitFor();
			await login(d, job.viewer.user.username, job.password);
			await d.page.goto(`${job.base}/#/settings`);
			await button(d, "logout").click();
			await d.page.waitForFunction(() => !localStorage.getItem("viewer"));
			clean(d);
		});
		await stranger.context.close();
		/* The phone's and the desktop's viewer are two, as likes are made once. */
		job.viewer = job.viewers[kind];
		const d = await device(browser, kind, { viewer: job.viewer });
		for (const [name, test] of Object.entries({ clip, comments, profile, own, search, upload, settings, offline }))
			await run(`app ${kind} ${name}`, d, test);
		await run(`app ${kind} talk`, d, (x) => talk(browser, x));
		await d.context.close();
	}
	const none = { wrong: [], page: { screenshot: async () => {} } };
	await run("app first screen", none, () => firstScreen(browser));
	await run("app installs", none, () => installs(browser));
	await run("app swipes", none, () => swipes(browser));
	const tablet = await device(browser, "tablet");
	await run("app tablet feed", tablet, feed);
	await tablet.context.close();
	const d = await device(browser, "desktop", { viewer: job.viewer });
	await run("app upload cut twice and reloaded", d, cutUpload);
	await d.context.close();
});
