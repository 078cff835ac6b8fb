// screens.mjs - what a person does between the main paths of app.mjs: comes without an account, goes a step
// back, is quicker than the server, logs out with work under way, picks the wrong files.
//
// The invariant: see device.mjs.  A server that is slow or wrong is the browser's doing (route), not chance.

import fs from "node:fs";
import { EMPTY, assert, job, withBrowser } from "./browser.mjs";
import { ask, button, clean, device, fill, gone, login, look, playing, run, tab, url } from "./device.mjs";

const hash = (d) => d.page.evaluate(() => location.hash);
const atHash = (d, wanted) => d.page.waitForFunction((x) => location.hash === x, wanted);
const toasted = (d, words) => d.page.locator(".toasts p", { hasText: words }).first().waitFor();
const REFUSED = /status of (400|401|404)/;

const say = async (from, to, content) => (await ask(from, "/api/auth/message/send",
	{ receiver_id: to.user.id, content })).message_id;

// A page that is none of the client's.
async function elsewhere(d) {
	await d.context.route("**/elsewhere", (r) => r.fulfill({ contentType: "text/html", body: EMPTY }));
	await d.page.goto(url("elsewhere"));
}

async function logOut(d) {
	await d.page.goto(url("#/settings"));
	await button(d, "logout").click();
	await d.page.waitForFunction(() => !localStorage.getItem("viewer"));
}

// An answer that waits until it is let go.
async function held(d, pattern, much = () => true) {
	let letGo, came;
	const given = [];
	const gate = new Promise((done) => { letGo = done; });
	const arrived = new Promise((done) => { came = done; });

	await d.context.route(pattern, async (route) => {
		if (!much(route.request())) {
			await route.fallback();
			return;
		}
		const reply = await route.fetch();

		came();
		given.push(gate.then(() => route.fulfill({ response: reply })).catch(() => {})); /* who asked may be gone */
	});
	return { arrived, letGo: async () => {
		letGo();
		await Promise.all(given); /* what is not answered when its route goes is asked for again */
		await d.context.unroute(pattern);
	} };
}

// Who is not logged in comes back where he was, or on to where he wanted, and nowhere else.
async function gate(d) {
	const { user } = job.one;

	for (const screen of ["#/inbox", "#/upload", "#/moderate", `#/chat/${encodeURIComponent(user.username)}`]) {
		await d.page.goto(job.base);
		await playing(d.page);
		await d.page.goto(url(screen));
		await atHash(d, `#/login?to=${encodeURIComponent("/" + screen)}`);
		await d.page.getByLabel(d.words.username).waitFor();
		await d.page.goBack();
		await playing(d.page);
		assert(await hash(d) === "", `a step back from ${screen} is to ${await hash(d)}`);
	}
	/* Come from elsewhere, a step back is to the feed. */
	await elsewhere(d);
	await d.page.goto(url("#/inbox"));
	await d.page.getByLabel(d.words.username).waitFor();
	await button(d, "back").click();
	await playing(d.page);
	/* Language and look are for everybody. */
	await d.page.goto(url("#/login"));
	await button(d, "settings").click();
	await d.page.getByLabel(d.words.language).waitFor();
	await look(d, "settings-stranger");
	for (const [to, then] of [["/#/inbox?tab=messages", "#/inbox?tab=messages"], ["//evil.example/", ""], ["/\\evil.example", ""],
		["https://evil.example/", ""]]) {
		await d.page.goto(job.base);
		await playing(d.page);
		await d.page.goto(url(`#/login?to=${encodeURIComponent(to)}`));
		await d.page.getByLabel(d.words.username).fill(user.username);
		await d.page.getByLabel(d.words.password).fill(job.onePassword);
		await d.page.locator("form button[type=submit]").click();
		await d.page.waitForFunction(() => localStorage.getItem("viewer"));
		await atHash(d, then);
		assert(d.page.url().startsWith(job.base), `led to ${d.page.url()}`);
		await logOut(d);
	}
	clean(d);
}

async function names(d) {
	const taken = job.one.user.username, name = d.page.getByLabel(d.words.username), password = d.page.getByLabel(d.words.password);
	const error = d.page.locator(".form .error");

	await d.page.goto(url("#/login"));
	await button(d, "no_account").click();
	await name.fill(taken);
	await password.focus();
	await error.filter({ hasText: d.words.name_taken }).waitFor();
	await name.fill(`${taken}x`);
	assert(await error.textContent() === "", "a free name is said to be taken");
	const slow = await held(d, "**/api/user/check?*", (r) => r.url().endsWith(`=${taken}`));
	await name.fill(taken);
	await password.focus();
	await slow.arrived;
	await name.fill(`${taken}y`);
	const late = d.page.waitForResponse((r) => r.url().endsWith(`=${taken}`));
	await slow.letGo();
	await late;
	await d.page.evaluate(() => new Promise((done) => { setTimeout(done, 100); }));
	assert(await error.textContent() === "", "what was said of an older name came late, and stays");
	/* A password of /api may be longer than the app's. */
	await d.page.goto(job.base);
	await playing(d.page);
	await d.page.goto(url("#/login"));
	await name.fill(job.long.user.username);
	await password.pressSequentially(job.longPassword);
	await d.page.locator("form button[type=submit]").click();
	await d.page.waitForFunction(() => localStorage.getItem("viewer"));
	await logOut(d);
	clean(d);
}

// The server does not answer: it is forgotten here all the same, at once, and there once it answers again.
async function out(d) {
	await d.page.goto(job.base);
	await playing(d.page);
	await login(d, job.one.user.username, job.onePassword);
	const { token } = await d.page.evaluate(() => JSON.parse(localStorage.getItem("viewer")));
	const slow = await held(d, "**/api/auth/user/sessions"), own = await held(d, "**/api/auth/user/profile");
	await logOut(d);
	await own.letGo(); /* what the settings asked comes when nobody is there any more */
	await slow.arrived;
	const ended = d.page.waitForResponse("**/api/auth/user/session/end");
	await slow.letGo();
	await ended;
	const reply = await fetch(url("api/auth/user/profile"), { headers: { Authorization: `Bearer ${token}` } });
	assert(reply.status === 401, `the token of who logged out is ${reply.status}`);
	clean(d);
}

const SLOW_PIECES = () => {
	const { open, send, abort } = XMLHttpRequest.prototype;
	XMLHttpRequest.prototype.open = function (method, ...rest) {
		this.slow = method === "PATCH";
		return open.call(this, method, ...rest);
	};
	XMLHttpRequest.prototype.send = function (body) {
		this.waits = setTimeout(() => send.call(this, body), this.slow ? 300 : 0);
	};
	XMLHttpRequest.prototype.abort = function () {
		clearTimeout(this.waits);
		abort.call(this);
	};
};

// A file goes by the token of who chose it; it goes on when he is back and chooses it again.
async function owners(d) {
	const PIECES = 10, sent = [];
	const until = async (n) => {
		for (const end = Date.now() + 20000 * job.patience; sent.filter((s) => s.good).length < n;) {
			assert(Date.now() < end, `only ${sent.length} pieces came`);
			await new Promise((done) => { setTimeout(done, 20); });
		}
	};

	await d.page.addInitScript(SLOW_PIECES);
	d.page.on("request", (r) => r.method() === "PATCH" && sent.push({ token: r.headers().authorization, request: r }));
	d.page.on("response", (r) => {
		for (const s of sent.filter((x) => x.request === r.request()))
			s.good = r.status() === 204;
	});
	await d.page.goto(url("#/login"));
	await d.page.reload();
	await login(d, job.one.user.username, job.onePassword);
	await d.page.goto(url("#/upload"));
	await d.page.locator("input[type=file]").first().setInputFiles(job.large);
	await d.page.getByLabel(d.words.title, { exact: true }).fill("mine");
	await d.page.locator("form button[type=submit]").click();
	await until(2);
	await logOut(d);
	const before = sent.length;
	await login(d, job.two.user.username, job.twoPassword);
	await d.page.goto(url("#/upload"));
	await d.page.locator(".drop").waitFor();
	assert(await d.page.locator(".job").count() === 0, "another account sees the upload");
	await d.page.waitForTimeout(1500); /* five pieces' time */
	assert(sent.length === before, `${sent.length - before} pieces were sent under another account`);
	await logOut(d);
	await login(d, job.one.user.username, job.onePassword);
	await d.page.goto(url("#/upload"));
	await d.page.locator(".job", { hasText: fill(d.words.choose_again, { name: "" }).trim().slice(0, 12) }).waitFor();
	await look(d, "upload-begun");
	await d.page.locator("input[type=file]").first().setInputFiles(job.large);
	await d.page.getByText(d.words.state_ready, { exact: true }).waitFor({ timeout: 60000 * job.patience });
	assert(await d.page.locator(".job").count() === 1, "it is listed twice");
	assert(await d.page.locator(".job strong").textContent() === "mine", "its title is forgotten");
	const good = sent.filter((s) => s.good).length;
	assert(good <= PIECES + 2, `${good} pieces were sent of ${PIECES}: it began anew`);
	assert(await d.page.evaluate(() => !Object.keys(localStorage).some((k) => k.startsWith("tus::"))), "a fingerprint stays");
	/* Begun, and not wanted any more. */
	await d.page.locator("input[type=file]").first().setInputFiles(job.other);
	await d.page.locator("form button[type=submit]").click();
	await until(good + 1);
	await d.page.reload();
	const cancel = d.page.waitForResponse((r) => r.request().method() === "DELETE");
	await d.page.locator(".job").getByRole("button", { name: d.words.cancel, exact: true }).click();
	assert((await cancel).status() === 204, "its bytes stay on the server");
	await d.page.locator(".job").waitFor({ state: "detached" });
	clean(d);
	return `${good} pieces for ${PIECES}`;
}

const file = (name, mimeType = "video/mp4") => ({ name, mimeType, buffer: Buffer.from(name) });

async function form(d) {
	const choose = (files) => d.page.locator("input[type=file]").first().setInputFiles(files);
	const titles = () => d.page.locator("fieldset input");

	await d.page.goto(url("#/upload"));
	await d.page.reload();
	await choose([file("first.mp4"), file("second.mkv", "application/octet-stream"), file("photo.png", "image/png")]);
	await toasted(d, "photo.png");
	assert(await titles().count() === 2, `${await titles().count()} of the two clips are listed`);
	await titles().nth(0).fill("one");
	await titles().nth(1).fill("two");
	await d.page.locator("fieldset").nth(0).getByRole("button").click();
	assert(await titles().count() === 1 && await titles().nth(0).inputValue() === "two", "the words of the other one are gone");
	await choose([...Array(10).keys()].map((i) => file(`clip ${i}.mp4`)));
	await toasted(d, "clip 9.mp4");
	assert(await titles().count() === 10, `${await titles().count()} are listed`);
	assert(await titles().nth(0).inputValue() === "two", "the words are gone");
	await look(d, "upload-many");
	/* A look elsewhere loses nothing; another account sees nothing. */
	await d.page.locator("fieldset textarea").first().fill("about two");
	await d.page.locator(".bar .to-search").click();
	await d.page.locator(".search-form").waitFor();
	await d.page.locator(".bar .to-upload").click();
	await titles().first().waitFor();
	assert(await titles().count() === 10 && await titles().nth(0).inputValue() === "two" &&
		await d.page.locator("fieldset textarea").first().inputValue() === "about two", "a look elsewhere loses what was chosen");
	for (const [viewer, n] of [[job.two, 0], [job.one, 10]]) {
		await d.page.evaluate((s) => {
			localStorage.setItem("viewer", s);
			dispatchEvent(new StorageEvent("storage", { key: "viewer" }));
		}, JSON.stringify(viewer));
		await d.page.waitForFunction((count) => document.querySelectorAll("fieldset").length === count, n);
	}
	clean(d);
}

// The uploader does not come, then too many ask what becomes of the clip, then it fails for a while.
async function unlucky(d) {
	const pieces = "**/app/browser-*.js", answers = [[429, null], [200, "failed"]];
	let asked = 0;

	d.expect = /Failed to load resource|status of 429/;
	await d.page.goto(url("#/upload"));
	await d.page.reload();
	await d.context.route(pieces, (r) => r.abort());
	await d.context.route("**/api/auth/video/status?*", (r) => {
		const [status, state] = answers[asked++] || [0];

		return status === 0 ? r.continue() : r.fulfill({ status, contentType: "application/json", body: JSON.stringify({ code: status,
			message: "slowly", data: state && { video_id: 1, state, percent: 0, reason_code: "", reason: "", cover: "" } }) });
	});
	await d.page.locator("input[type=file]").first().setInputFiles(job.file);
	await d.page.locator("form button[type=submit]").click();
	await d.page.getByText(d.words.state_stopped, { exact: true }).waitFor();
	await look(d, "upload-stopped");
	await d.context.unroute(pieces);
	await button(d, "go_on").click();
	await d.page.locator(".job .error", { hasText: "slowly" }).waitFor();
	await d.page.getByText(d.words.state_failed, { exact: true }).waitFor({ timeout: 30000 * job.patience });
	await d.page.getByText(d.words.state_ready, { exact: true }).waitFor({ timeout: 60000 * job.patience });
	d.expect = null;
	clean(d);
}

async function search(d) {
	const box = d.page.getByRole("searchbox"), hints = d.page.locator(".hints");
	const slow = (word) => held(d, "**/api/search/suggest?*", (r) => r.url().endsWith(`=${word}`));
	const late = async (held, word) => {
		const reply = d.page.waitForResponse((r) => r.url().endsWith(`suggest?keyword=${word}`));
		await held.letGo();
		await reply;
		await d.page.evaluate(() => new Promise((done) => { setTimeout(done, 100); }));
	};

	await d.page.goto(url("#/search"));
	assert(await box.getAttribute("maxlength") === "64", "more may be typed than the server takes");
	const old = await slow("nat");
	await box.fill("nat");
	await old.arrived;
	await box.fill("zzzz");
	await d.page.waitForResponse((r) => r.url().endsWith("suggest?keyword=zzzz"));
	await late(old, "nat");
	assert(await hints.count() === 0, "what an older word suggests stands over a newer one");
	await box.fill("natto");
	await hints.waitFor();
	await box.press("Escape");
	assert(await hints.count() === 0 && await box.inputValue() === "natto", "Escape does not close the list, or takes the word");
	await box.fill("natto");
	await box.pressSequentially(" ");
	await hints.waitFor();
	await d.page.locator("h1").click();
	await hints.waitFor({ state: "detached" });
	const open = await slow("natto");
	await box.fill("natto");
	await open.arrived;
	await box.press("Enter");
	await d.page.locator(".grid li").first().waitFor();
	await late(open, "natto");
	assert(await hints.count() === 0, "the list opens over what was found");
	/* Tags that have the word; then the clips of one. */
	await box.fill("nat");
	await box.press("Enter");
	await atHash(d, "#/search?q=nat&type=video");
	await tab(d, "tags").click();
	const tag = d.page.locator(".user-row a", { hasText: "#natto" });
	await tag.waitFor();
	await look(d, "search-tag-list");
	await tag.click();
	await d.page.locator(".grid li").first().waitFor();
	await look(d, "search-tag");
	/* A step back finds the list as it was, and asks nobody. */
	const asked = [];
	d.page.on("request", (r) => /\/api\/search\?/.test(r.url()) && asked.push(r.url()));
	await d.page.goBack();
	await tag.waitFor();
	assert(asked.length === 0, `asked again: ${asked}`);
	await box.fill("natto the");
	await d.page.locator(".hints button", { hasText: "natto the first" }).click();
	await playing(d.page);
	assert(d.page.url() === url(`v/${job.clips[0]}`), `the clip suggested leads to ${d.page.url()}`);
	clean(d);
}

// A tab and a place in it are found again.
async function place(d) {
	const own = `u/${encodeURIComponent(job.one.user.username)}`;
	const at = () => d.page.evaluate(() => document.querySelector(".page").scrollTop);
	const { width, height } = d.page.viewportSize();

	await ask(job.one, "/api/auth/interaction/star", { video_id: job.clips[0] });
	await d.page.goto(url(own));
	await tab(d, "bookmarks").click();
	await d.page.locator(".grid a").first().click();
	await playing(d.page);
	await d.page.goBack();
	await d.page.locator(".grid li").first().waitFor();
	assert(await tab(d, "bookmarks").getAttribute("aria-selected") === "true", "the tab is forgotten");
	await d.page.reload();
	await d.page.locator(".grid li").first().waitFor();
	assert(await tab(d, "bookmarks").getAttribute("aria-selected") === "true", "the tab is forgotten by a reload");
	await elsewhere(d);
	await d.page.goto(url(own));
	await tab(d, "likes").click();
	await d.page.waitForFunction(() => location.search === "?tab=likes");
	await button(d, "back").click();
	await playing(d.page);
	await d.page.setViewportSize({ width: 390, height: 420 });
	await d.page.goto(url(`u/${encodeURIComponent(job.author.user.username)}`));
	await d.page.locator(".grid li").nth(3).waitFor();
	await d.page.evaluate(() => { document.querySelector(".page").scrollTop = 9999; });
	await d.page.waitForTimeout(100); /* the browser tells of it with the next frame */
	const left = await at();
	assert(left > 50, `there is nothing to scroll: ${left}`);
	await d.page.locator(".grid a").nth(3).click();
	await playing(d.page);
	await d.page.goBack();
	await d.page.locator(".grid li").nth(3).waitFor();
	assert(await at() === left, `at ${await at()}, ${left} was left`);
	await d.page.setViewportSize({ width, height });
	clean(d);
}

async function profile(d) {
	const name = job.one.user.username, dialog = d.page.locator("dialog").last();
	const save = dialog.locator("button[type=submit]");
	const edit = async () => {
		await button(d, "edit_profile").click();
		await dialog.getByLabel(d.words.about).waitFor();
	};

	await d.page.goto(url(`u/${encodeURIComponent(name.toUpperCase())}`));
	await edit();
	/* A picture that is none: the password is as it was. */
	await dialog.getByLabel(d.words.avatar, { exact: true }).setInputFiles(file("me.png", "image/png"));
	await dialog.getByLabel(d.words.old_password).fill(job.onePassword);
	await dialog.getByLabel(d.words.new_password).fill("another one");
	d.expect = REFUSED;
	await save.click();
	await dialog.locator(".error:not(:empty)").waitFor();
	d.expect = null;
	await dialog.getByLabel(d.words.avatar, { exact: true }).setInputFiles([]);
	/* Twice at once is once. */
	let asked = 0;
	const slow = await held(d, "**/api/auth/user/update", () => { asked++; return true; });
	await save.dblclick();
	await slow.arrived;
	await dialog.locator("form").evaluate((f) => f.requestSubmit());
	await slow.letGo();
	await gone(d);
	assert(asked === 1, `it was saved ${asked} times`);
	assert(await d.page.evaluate(() => Boolean(localStorage.getItem("viewer"))), "who saves his profile is logged out");
	job.onePassword = "another one";
	/* Names may have what addresses mean something by. */
	const odd = job.odd.user.username;
	await d.page.goto(url(`#/search?q=${encodeURIComponent(odd)}&type=user`));
	await d.page.locator(".user-row a.grow").first().click();
	await button(d, "message").click();
	await d.page.locator(".top-bar h1", { hasText: odd }).waitFor();
	await d.page.getByText(d.words.no_messages).waitFor();
	await look(d, "chat-empty");
	await d.page.locator(".top-bar h1 a").click();
	await d.page.locator(".profile", { hasText: odd }).waitFor();
	clean(d);
}

async function chat(d) {
	const { one, two } = job, box = d.page.getByLabel(d.words.write_message), shown = d.page.locator(".message p");
	const away = (state) => d.page.evaluate((x) => {
		Object.defineProperty(document, "visibilityState", { value: x, configurable: true });
		document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
	}, state);
	const last = (words) => d.page.waitForFunction((x) => [...document.querySelectorAll(".message p")].at(-1)?.textContent === x, words);

	const taken = await say(two, one, "taken back");
	await d.page.goto(url(`#/chat/${encodeURIComponent(two.user.username)}`));
	await last("taken back");
	/* Enter twice while the server is slow; the next words are typed meanwhile. */
	let sent = 0;
	const slow = await held(d, "**/api/auth/message/send", () => { sent++; return true; });
	await box.fill("once");
	await box.press("Enter");
	await box.press("Enter");
	await slow.arrived;
	await box.fill("meanwhile");
	await box.press("Enter");
	await slow.letGo();
	await last("once");
	await d.page.waitForFunction(() => !document.querySelector(".write button").disabled);
	assert(sent === 1, `sent ${sent} times`);
	assert(await box.inputValue() === "meanwhile", `what was typed meanwhile is "${await box.inputValue()}"`);
	/* It could not be sent: the words are there. */
	d.expect = /status of 503/;
	await d.context.route("**/api/auth/message/send", (r) => r.fulfill({ status: 503, contentType: "application/json",
		body: JSON.stringify({ code: 50001, message: "not now", data: null }) }));
	await box.press("Enter");
	await toasted(d, "not now");
	await d.page.waitForFunction(() => document.querySelector(".write input").value === "meanwhile");
	await d.context.unroute("**/api/auth/message/send");
	d.expect = null;
	/* More than a page while nobody looked. */
	await away("hidden");
	const words = [...Array(70).keys()].map((i) => `number ${i}`);
	for (const w of words)
		await say(two, one, w);
	await away("visible");
	await last("number 69");
	const all = await shown.allTextContents();
	assert(all.join() === ["taken back", "once", ...words].join(), `not all, or not in order: ${all}`);
	/* Taken back by its sender while it is in sight. */
	const mistake = await say(two, one, "a mistake");
	await away("visible");
	await last("a mistake");
	await ask(two, "/api/auth/message/delete", { message_id: mistake });
	await away("visible");
	await last("number 69");
	/* Deleted here while a poll is under way that still has it. */
	const poll = await held(d, "**/api/auth/message/list?*");
	await away("visible");
	await poll.arrived;
	await d.page.locator(".message .dots").last().click();
	await d.page.locator("dialog").getByRole("button", { name: d.words.delete, exact: true }).click();
	await last("number 68");
	const late = d.page.waitForResponse("**/api/auth/message/list?*");
	await poll.letGo();
	await late;
	await d.page.evaluate(() => new Promise((done) => { setTimeout(done, 100); }));
	assert(await shown.last().textContent() === "number 68", "what was deleted is back");
	assert(taken > 0 && await shown.first().textContent() === "taken back", "the oldest is gone");
	clean(d);
}

// What is typed and not sent stays, also where the session ends; a message that went ends the trouble; who has
// read has no badge.
async function chatWords(d) {
	const { one, two } = job, box = d.page.getByLabel(d.words.write_message), address = `#/chat/${encodeURIComponent(two.user.username)}`;
	const has = (words) => d.page.waitForFunction((x) => document.querySelector(".chat .write input")?.value === x, words);
	const shown = (words) => d.page.locator(".message", { hasText: words }).waitFor();
	const answer = (status) => (r) => r.fulfill({ status, contentType: "application/json",
		body: JSON.stringify({ code: status, message: "not now", data: null }) });

	await d.page.goto(url(address));
	await d.page.reload();
	await d.page.locator(".write").waitFor();
	await box.fill("half a word");
	await d.page.locator(".top-bar h1 a").click();
	await d.page.locator(".profile").waitFor();
	await d.page.goBack();
	await has("half a word");
	await d.page.waitForFunction(() => !document.querySelector(".write button").disabled);
	d.expect = /status of (401|503)/;
	await d.context.route("**/api/auth/message/send", answer(401));
	await box.press("Enter");
	await d.page.getByLabel(d.words.username).waitFor();
	await d.context.unroute("**/api/auth/message/send");
	await d.page.getByLabel(d.words.username).fill(one.user.username);
	await d.page.getByLabel(d.words.password).fill(job.onePassword);
	await d.page.locator("form button[type=submit]").click();
	await has("half a word");

	/* Two polls are 20 seconds apart after one that failed. */
	const list = "**/api/auth/message/list?*", error = d.page.locator(".chat > .error");
	await d.page.waitForFunction(() => !document.querySelector(".write button").disabled);
	await d.context.route(list, answer(503));
	await error.waitFor();
	await d.context.unroute(list);
	await say(two, one, "in between");
	const poll = d.page.waitForResponse(list, { timeout: 6000 * job.patience });
	await box.press("Enter");
	await shown("half a word");
	await error.waitFor({ state: "detached", timeout: 2000 * job.patience });
	await poll;
	await shown("in between");
	d.expect = null;

	await d.page.goto(url("#/inbox")); /* the rest is read */
	await d.page.locator(".people .user-row").first().waitFor();
	await d.page.locator(".bar .badge").waitFor({ state: "detached" });
	await d.page.locator(".bar .to-search").click();
	await say(two, one, "read this");
	await d.page.reload();
	await d.page.locator(".bar .badge", { hasText: "1" }).waitFor();
	await d.page.locator(".bar .to-inbox").click();
	await tab(d, "messages").click();
	await d.page.locator(".user-row a.grow", { hasText: "read this" }).click();
	await shown("read this");
	await d.page.locator(".bar .badge").waitFor({ state: "detached", timeout: 6000 * job.patience }); /* asked for twice a minute */
	clean(d);
}

// Who is in the inbox sees what comes, and by its icon has it anew.
async function fresh(d) {
	const { one, two } = job, words = `fresh ${d.kind} ${one.user.id}`;

	await d.page.addInitScript(() => {
		const every = window.setInterval;

		window.setInterval = (f, ms) => every(f, ms === 30000 ? 500 : ms);
	});
	await say(two, one, "before");
	await d.page.goto(url("#/inbox?tab=messages"));
	await d.page.reload();
	await d.page.locator(".user-row").first().waitFor();
	await say(two, one, words);
	await d.page.locator(".user-row", { hasText: words }).waitFor();
	await look(d, "inbox-fresh");
	const read = d.page.waitForResponse("**/api/auth/notifications/read");
	await d.page.locator(".bar .to-inbox").click();
	await read;
	const follows = d.page.locator(`.user-row a.grow[href="/u/${encodeURIComponent(two.user.username)}"]`);
	assert(await follows.count() === 0, "followed before it was");
	await ask(two, "/api/auth/social/follow", { target_user_id: one.user.id });
	await follows.waitFor();
	await d.page.locator(".bar .to-inbox").click(); /* the same once more */
	const steps = await d.page.evaluate(() => history.length);
	const asked = d.page.waitForResponse("**/api/auth/notifications?*");
	await d.page.locator(".bar .to-inbox").click();
	await asked;
	await follows.waitFor();
	assert(await d.page.evaluate(() => history.length) === steps, "a step back is to the same");
	clean(d);
}

// Another machine of the house, without HTTPS: what browsers then keep back is done otherwise.
async function plain(d) {
	const base = job.base.replace("127.0.0.1", "plain.test"), { one, author } = job;

	await say(author, one, "copy that");
	await d.page.goto(base);
	await playing(d.page);
	assert(!await d.page.evaluate(() => isSecureContext || navigator.clipboard), "this is no plain page");
	await d.page.goto(`${base}/#/login`);
	await d.page.getByLabel(d.words.username).fill(one.user.username);
	await d.page.getByLabel(d.words.password).fill(job.onePassword);
	await d.page.locator("form button[type=submit]").click();
	await playing(d.page);
	await d.page.goto(`${base}/#/chat/${encodeURIComponent(author.user.username)}`);
	await d.page.locator(".message .dots").last().click();
	await d.page.locator("dialog").getByRole("button", { name: d.words.report, exact: true }).waitFor();
	await button(d, "copy_text").click();
	await d.page.locator(".toasts p", { hasText: d.words.copied }).waitFor();
	await gone(d);
	await d.page.goto(`${base}/#/upload`);
	await d.page.locator("input[type=file]").first().setInputFiles(job.file);
	await d.page.locator("form button[type=submit]").click();
	await d.page.getByText(d.words.state_ready, { exact: true }).waitFor({ timeout: 60000 * job.patience });
	clean(d);
}

await withBrowser(async (browser) => {
	fs.mkdirSync(job.shots, { recursive: true });
	for (const kind of ["phone", "desktop"]) {
		Object.assign(job, job.people[kind]);
		const stranger = await device(browser, kind);

		for (const [name, test] of Object.entries({ gate, names, out, owners, plain }))
			await run(`screens ${kind} ${name}`, stranger, test);
		await stranger.context.close();
		const d = await device(browser, kind, { viewer: job.one });

		for (const [name, test] of Object.entries({ form, unlucky, search, place, chat, profile,
			"chat words": chatWords, fresh }))
			await run(`screens ${kind} ${name}`, d, test);
		await d.context.close();
	}
});
