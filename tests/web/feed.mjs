// feed.mjs - what people do to clips besides watching them: going to and fro, commenting, sharing, pausing;
// and what happens when the network, a file or an address is bad.
//
// The invariant: see device.mjs.  Each test has a browser context of its own.

import fs from "node:fs";
import { assert, job, withBrowser } from "./browser.mjs";
import { ask, button, card, clean, device, fill, gone, look, playing, run, shownId, url, want } from "./device.mjs";

const clipUrl = (name) => url(`v/${job.clips[name]}`);
const title = (d, expected) => d.page.waitForFunction((text) => document.title === text, expected);
const field = (d) => d.page.getByLabel(d.words.write_comment);
const submit = (d) => d.page.locator("dialog button[type=submit]");
const heading = (d, text) => d.page.locator("dialog h2", { hasText: text }).first().waitFor();
const toasted = (d, key) => d.page.locator(".toasts p", { hasText: d.words[key] }).first().waitFor();

async function openComments(d, name) {
	await d.page.goto(clipUrl(name));
	await playing(d.page);
	await card(d, job.clips[name]).getByRole("button", { name: d.words.comments, exact: true }).click();
	await d.page.locator(".comments").waitFor();
	await d.page.waitForFunction(() => !document.querySelector(".comments .spinner"));
}

// The feed that begins with the clips of this run's people, the newest.
async function latest(d) {
	await d.page.goto(job.base);
	await playing(d.page);
	await d.page.getByRole("tab", { name: d.words.latest, exact: true }).click();
	await d.page.waitForFunction((id) => document.querySelector(".card")?.dataset.id === id, String(job.clips.quiet));
	await playing(d.page);
}

// A request that waits until it is let go.
async function hold(d, pattern, method = "GET") {
	let open;
	const opened = new Promise((done) => { open = done; });

	await d.page.route(pattern, async (route) => {
		if (route.request().method() === method)
			await opened;
		await route.fallback();
	});
	return open;
}

async function next(d) {
	const here = await shownId(d.page);

	await d.page.keyboard.press("ArrowDown");
	await d.page.waitForFunction((id) => [...document.querySelectorAll(".card")].some((c) => c.dataset.id !== id &&
		Math.abs(c.getBoundingClientRect().top) < 4), here);
	await playing(d.page);
	return shownId(d.page);
}

// From the feed to its author, to his third clip, on to his fourth, and all the way back.
async function wayBack(d) {
	await latest(d);
	await title(d, "Doufu");
	await next(d);
	const left = await next(d);
	const name = (await card(d, left).locator(".author").textContent()).slice(1);

	await card(d, left).locator(".author").click();
	await d.page.locator(".grid li").nth(3).waitFor();
	await title(d, `${name} - Doufu`);
	await d.page.waitForFunction(() => document.activeElement.id === "screen");
	const theirs = await d.page.locator(".grid a").evaluateAll((all) => all.map((a) => a.getAttribute("href").slice(3)));
	await d.page.locator(".grid a").nth(2).click();
	await playing(d.page);
	assert(await shownId(d.page) === theirs[2], "another clip than was pressed");
	const words = await d.page.locator(".grid, h1").first().textContent();
	await title(d, `${words} - Doufu`);
	assert(await next(d) === theirs[3], "the author's clips do not go on");
	await button(d, "back").click();
	await d.page.locator(".profile").waitFor();
	await d.page.goForward();
	await playing(d.page);
	assert(await shownId(d.page) === theirs[3], "forward again: another clip than was left");
	await button(d, "back").click();
	await d.page.locator(".profile").waitFor();
	await d.page.goBack();
	await playing(d.page);
	const here = await shownId(d.page);
	assert(here === left, `back at ${here}, ${left} was left`);
	await title(d, "Doufu");
	clean(d);
}

// A refused comment says why, over the sheet, and is still there to be changed.
async function refused(d) {
	await ask(job.author, "/api/auth/video/comments", { video_id: job.clips.closed, mode: "off" });
	d.expect = /status of 40/;
	await openComments(d, "closed");
	const place = () => d.page.evaluate(() => document.querySelector(".toasts").parentNode.nodeName);
	assert(await place() === "DIALOG", "what is read out is not where the words will be");
	await field(d).fill("may I?");
	await submit(d).click();
	const said = d.page.locator(".toasts p");
	await said.waitFor();
	assert(await said.evaluate((p) => {
		const { x, y, width, height } = p.getBoundingClientRect();

		p.style.pointerEvents = "auto";
		return document.elementFromPoint(x + width / 2, y + height / 2) === p;
	}), "something is over the words");
	assert(await d.page.getByRole("status").filter({ has: d.page.locator("p") }).count() === 1, "it is not read out");
	assert(await field(d).inputValue() === "may I?", "the words are lost");
	await look(d, "refused-comment");
	await d.page.keyboard.press("Escape");
	await gone(d);
	assert(await place() === "BODY", "the words went with the sheet");
	d.expect = null;
	clean(d);
}

// The first of the browser's languages that there is.
async function language(d) {
	const cdp = await d.context.newCDPSession(d.page);

	for (const [accepted, expected] of [["en-US,en,zh-CN", "en"], ["fr,zh-CN,en", "zh-CN"], ["fr", "en"]]) {
		await cdp.send("Emulation.setUserAgentOverride", { userAgent: "test", acceptLanguage: accepted });
		await d.page.goto(url("#/search"));
		await d.page.reload();
		const seen = await d.page.evaluate(() => document.documentElement.lang);
		assert(seen === expected, `${accepted} gives ${seen}`);
	}
	clean(d);
}

// A page that came without TLS from elsewhere: there is neither a clipboard nor the system's sheet.
async function plainHttp(d) {
	const away = job.base.replace("127.0.0.1", "plain.test");

	await d.context.addInitScript((session) => localStorage.setItem("viewer", session), JSON.stringify(job.viewer));
	await d.page.goto(`${away}/v/${job.clips.talked}`);
	await playing(d.page);
	assert(await d.page.evaluate(() => !window.isSecureContext && !navigator.clipboard), "it has a clipboard");
	const shares = card(d, job.clips.talked).locator(".count").nth(3);
	const shareIt = card(d, job.clips.talked).getByRole("button", { name: d.words.share, exact: true });
	const [counted] = await Promise.all([d.page.waitForResponse((r) => r.url().includes("/interaction/share")), shareIt.click()]);
	await toasted(d, "link_copied");
	assert(counted.ok(), "the share is not counted");
	assert(await shares.textContent() !== "", "no number of shares");
	await card(d, job.clips.talked).getByRole("button", { name: d.words.comments, exact: true }).click();
	await field(d).click();
	await d.page.keyboard.press("Control+V");
	assert(await field(d).inputValue() === `${away}/v/${job.clips.talked}`, `copied: ${await field(d).inputValue()}`);
	await field(d).fill("");
	await d.page.locator(".comment .dots").first().click();
	await button(d, "copy_text").click();
	await toasted(d, "copied");
	await d.page.locator("dialog .menu").waitFor({ state: "detached" });
	await field(d).click();
	await d.page.keyboard.press("Control+V");
	const said = await d.page.locator(".comment .grow > p").first().textContent();
	assert(await field(d).inputValue() === said, `copied: ${await field(d).inputValue()}, not ${said}`);
	/* Where nothing can be copied the link is shown, and nothing was shared. */
	let shown = "", again = 0;
	d.page.removeAllListeners("dialog");
	d.page.on("dialog", (x) => { shown = x.defaultValue(); x.dismiss(); });
	d.page.on("request", (r) => { again += r.url().includes("/interaction/share"); });
	await d.page.evaluate(() => { document.execCommand = () => false; });
	await field(d).fill("");
	await d.page.keyboard.press("Escape");
	await gone(d);
	await shareIt.click();
	await d.page.waitForTimeout(300);
	assert(shown === `${away}/v/${job.clips.talked}` && again === 0, `shown: ${shown}, ${again} counted`);
	clean(d);
}

async function skipLink(d) {
	await d.page.goto(url("#/search"));
	await d.page.locator(".search-form").waitFor();
	await d.page.keyboard.press("Tab");
	await d.page.keyboard.press("Enter");
	assert(await d.page.evaluate(() => document.activeElement.id === "screen"), "the screen is not focused");
	assert(new URL(d.page.url()).hash === "#/search", `the address is ${d.page.url()}`);
	await d.page.locator(".search-form").waitFor();
	clean(d);
}

// What is no address of ours, as no key of what there is by chance is one.
async function addresses(d) {
	for (const bad of ["#/chat/100%", "#/chat/%FF", "#/constructor", "#/toString/x"]) {
		await d.page.goto(url(bad));
		await d.page.reload();
		await d.page.getByText(d.words.no_such_page).waitFor();
	}
	await d.page.evaluate(() => history.replaceState(null, "", "/u/%FF"));
	await d.page.evaluate(() => dispatchEvent(new PopStateEvent("popstate")));
	await d.page.getByText(d.words.no_such_page).waitFor();
	clean(d);
}

// Names end where the server says: behind them anything may follow.
async function mentions(d) {
	const links = (where) => where.locator("a").evaluateAll((all) => all.map((a) => [a.textContent, decodeURIComponent(a.getAttribute("href"))]));
	const mine = [`@${job.named}`, `/u/${job.named}`];

	await openComments(d, "talked");
	const said = d.page.locator(".comment", { hasText: "你好" }).locator("p").first();
	await said.waitFor();
	assert(JSON.stringify(await links(said)) === JSON.stringify([mine]), await links(said));
	assert(await said.textContent() === `😀 @${job.named}你好 @nobody-has-it`, await said.textContent());
	const caption = card(d, job.clips.talked).locator(".caption p").first();
	assert(JSON.stringify(await links(caption)) === JSON.stringify([["#tofu", "/#/search?q=tofu&type=tag"], mine]), await links(caption));
	clean(d);
}

// "1 comment", "Show 1 reply"; drafts; replies; the count of what goes with a comment.
async function box(d) {
	const top = await ask(job.viewer, "/api/auth/interaction/comment", { video_id: job.clips.box, content: "the only one" });

	await openComments(d, "box");
	await heading(d, "1 comment");
	assert(await d.page.locator("dialog h2").first().textContent() === "1 comment", "one is many");
	await ask(job.author, "/api/auth/interaction/comment", { video_id: job.clips.box, content: "a reply", reply_to_id: top.id });
	await openComments(d, "box");
	await field(d).fill("half a word");
	await d.page.keyboard.press("Escape");
	await gone(d);
	await d.page.keyboard.press("c");
	await field(d).waitFor();
	assert(await field(d).inputValue() === "half a word", "the draft is lost");

	await button(d, "reply").first().click();
	await d.page.waitForFunction(() => document.activeElement.matches("dialog input"));
	await button(d, "cancel").click();
	await button(d, "show_replies_one", { n: 1 }).click();
	await d.page.locator(".replies .comment", { hasText: "a reply" }).getByRole("button", { name: d.words.reply, exact: true }).click();
	await d.page.waitForFunction(() => document.activeElement.matches("dialog input"));
	const draft = await field(d).inputValue();
	assert(draft === `@${job.author.user.username} half a word`, `the draft is "${draft}"`);

	/* What is written while it is sent is the next one. */
	const open = await hold(d, "**/api/auth/interaction/comment", "POST");
	await submit(d).click();
	await d.page.waitForFunction(() => document.querySelector("dialog input").value === "");
	await field(d).fill("the next one");
	open();
	await d.page.locator(".replies .comment", { hasText: "half a word" }).waitFor();
	assert(await field(d).inputValue() === "the next one", "what was written meanwhile is lost");
	await heading(d, "3 comments");
	await d.page.locator(".comment .dots").first().click();
	await button(d, "delete").click();
	await heading(d, "0 comments");
	await d.page.locator(".comments .notice", { hasText: d.words.no_comments }).waitFor();
	clean(d);
}

async function guest(d) {
	await openComments(d, "talked");
	assert(await field(d).count() === 0, "one may type who cannot send");
	await d.page.getByRole("link", { name: d.words.login_to_comment, exact: true }).click();
	await d.page.getByLabel(d.words.password).waitFor();
	clean(d);
}

// A clip that does not come is waited for visibly, asked for again, and played when it comes at last.
async function slow(d) {
	d.expect = /ERR_FAILED|ERR_CONNECTION/;
	const open = await hold(d, "**/media/v/**");
	await d.page.goto(clipUrl("talked"));
	await d.page.locator(".stage .spinner").waitFor();
	open();
	await playing(d.page);
	assert(await d.page.locator(".stage .spinner").count() === 0, "it goes on turning");
	await d.page.unrouteAll();
	let asked = 0;
	await d.page.route("**/media/v/**", (route) => { asked++; route.abort(); });
	await d.page.goto(clipUrl("quiet"));
	await d.page.locator(".clip-trouble").waitFor();
	await look(d, "clip-trouble");
	assert(asked >= 3, `asked for ${asked} times`);
	await d.page.unrouteAll();
	await button(d, "again").click();
	await playing(d.page);
	assert(await d.page.locator(".clip-trouble").count() === 0, "the trouble stays");
	d.expect = null;
	clean(d);
}

// The pieces of a long clip are bad: then its file.
async function pieces(d) {
	const asked = [];

	d.expect = /status of 404/;
	d.page.on("request", (r) => r.url().includes("none.m3u8") && asked.push(r.url()));
	await d.page.route("**/api/video/detail*", async (route) => {
		const reply = await route.fetch(), body = await reply.json();

		Object.assign(body.data, { hlsUrl: `${job.base}/media/none.m3u8`, durationMs: 61000 });
		await route.fulfill({ response: reply, json: body });
	});
	await d.page.goto(clipUrl("talked"));
	await playing(d.page);
	assert(asked.length > 0, "pieces were not asked for");
	asked.length = 0;
	await d.page.evaluate(() => localStorage.setItem("settings", JSON.stringify({ saver: true })));
	await d.page.reload();
	await playing(d.page);
	assert(asked.length === 0, "data is saved, and pieces are asked for");
	d.expect = null;
	clean(d);
}

// Who paused a clip finds it paused, whatever comes: more rows, another tab; else it goes on by itself.
async function rests(d) {
	const tab = (state) => d.page.evaluate((value) => {
		Object.defineProperty(document, "visibilityState", { configurable: true, get: () => value });
		document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
	}, state);
	const paused = () => d.page.evaluate(() => [...document.querySelectorAll("video")].every((v) => v.paused));
	let held = 0;

	const open = await hold(d, (u) => u.pathname.startsWith("/api/") && u.searchParams.has("cursor") && ++held > 0);
	await d.page.goto(job.base);
	await playing(d.page);
	await tab("hidden");
	assert(await paused(), "it plays where nobody looks");
	await tab("visible");
	await playing(d.page);
	await next(d);
	await d.page.keyboard.press(" ");
	await d.page.waitForFunction(() => [...document.querySelectorAll("video")].every((v) => v.paused));
	const before = await d.page.locator(".card").count();
	assert(held > 0, "no more rows were asked for");
	open();
	await d.page.waitForFunction((n) => document.querySelectorAll(".card").length > n, before);
	await d.page.waitForTimeout(500);
	assert(await paused(), "more rows made it play");
	await tab("hidden");
	await tab("visible");
	await d.page.waitForTimeout(300);
	assert(await paused(), "another tab made it play");
	await d.page.keyboard.press(" ");
	await playing(d.page);
	clean(d);
}

// A like and a follow made elsewhere are neither errors nor forgotten.
async function elsewhere(d) {
	const id = job.clips.quiet, author_id = job.author.user.id;
	const heart = card(d, id).getByRole("button", { name: d.words.like, exact: true });
	const pressed = async (on) => {
		const answer = d.page.waitForResponse((r) => /interaction\/(un)?like/.test(r.url()));

		await Promise.all([answer, heart.click()]);
		await d.page.waitForTimeout(100);
		assert(await heart.getAttribute("aria-pressed") === String(on), `it is not ${on ? "liked" : "unliked"}`);
	};

	d.expect = /status of 400/;
	await d.page.goto(clipUrl("quiet"));
	await playing(d.page);
	await ask(job.viewer, "/api/auth/interaction/like", { video_id: id });
	await pressed(true);
	await ask(job.viewer, "/api/auth/interaction/unlike", { video_id: id });
	await pressed(false);
	await ask(job.viewer, "/api/auth/social/follow", { target_user_id: author_id });
	await card(d, id).locator(".follow-dot").click();
	await card(d, id).locator(".follow-dot").waitFor({ state: "detached" });
	await d.page.goto(url(`u/${encodeURIComponent(job.author.user.username)}`));
	await d.page.locator(".profile .follow[aria-pressed=true]").waitFor();
	await ask(job.viewer, "/api/auth/social/unfollow", { target_user_id: author_id });
	await d.page.locator(".profile .follow").first().click();
	await d.page.locator(".profile .follow[aria-pressed=false]").waitFor();
	assert(await d.page.locator(".toasts p").count() === 0, "it is an error to do what is done");
	d.expect = null;

	await latest(d);
	const plus = () => d.page.locator(".follow-dot").count();
	const author = await d.page.locator(".card .author").first().textContent();
	assert(await plus() > 0, "followed before it was");
	await d.page.locator(".card .author").first().click();
	await d.page.locator(".profile .follow").first().click();
	await d.page.waitForFunction(() => document.querySelector(".profile .follow").getAttribute("aria-pressed") === "true");
	await d.page.goBack();
	await playing(d.page);
	const asked = await d.page.evaluate((name) => [...document.querySelectorAll(".card")].filter((c) => c.querySelector(".follow-dot") &&
		c.querySelector(".author").textContent === name).length, author);
	assert(asked === 0, `the feed does not know whom one follows: ${asked} clips`);
	assert(await d.page.locator(".card .author").first().textContent() === author, "another feed than was left");
	clean(d);
}

// One tap lets all sound: a phone's Safari hears only what a finger unmuted.
async function sound(d) {
	await d.page.addInitScript(() => {
		const make = document.createElement;

		window.made = [];
		document.createElement = function (...args) {
			const made = make.apply(this, args);

			if (args[0] === "video")
				window.made.push(made);
			return made;
		};
	});
	await d.page.goto(job.base);
	await playing(d.page);
	await button(d, "unmute").click();
	const seen = await d.page.evaluate(() => window.made.map((v) => v.muted));
	assert(seen.length > 2 && seen.every((muted) => !muted), `muted: ${seen}`);
	await next(d);
	await next(d);
	assert(await d.page.evaluate((n) => window.made.length === n && window.made.every((v) => !v.muted), seen.length),
		"one came later, or is muted again");
	await button(d, "mute").click();
	assert(await d.page.evaluate(() => window.made.every((v) => v.muted)), "one sounds still");
	clean(d);
}

// No room to keep anything: what came is shown all the same.
async function fullDisk(d) {
	const cdp = await d.context.newCDPSession(d.page);

	await d.page.goto(job.base);
	await d.page.evaluate(() => navigator.serviceWorker.ready);
	await d.page.waitForFunction(() => navigator.serviceWorker.controller);
	await cdp.send("Storage.overrideQuotaForOrigin", { origin: job.base, quotaSize: 1 });
	await d.page.reload();
	await d.page.goto(url("#/search"));
	await d.page.locator(".search-form").waitFor();
	const kept = await d.page.evaluate(async () => (await (await caches.open((await caches.keys())[0])).keys()).map((r) => r.url));
	assert(!kept.some((u) => u.includes("/app/search-")), "there was room");
	clean(d);
}

// A file that is not chosen after all, or a mouse that leaves the sheet pressed, does not close it.
async function sheet(d) {
	await d.page.goto(url(`u/${encodeURIComponent(job.viewer.user.username)}`));
	await button(d, "edit_profile").click();
	const about = d.page.getByLabel(d.words.about), text = "a long text, written by hand";
	await about.fill(text);
	await d.page.locator("dialog input[type=file]").evaluate((input) => input.dispatchEvent(new Event("cancel", { bubbles: true })));
	const { x, y } = await about.boundingBox();
	await d.page.mouse.move(x + 20, y + 10);
	await d.page.mouse.down();
	await d.page.mouse.move(5, 5, { steps: 4 });
	await d.page.mouse.up();
	await d.page.waitForTimeout(200);
	assert(await about.inputValue() === text, "the words are lost");
	await d.page.mouse.click(5, 5);
	await gone(d);
	clean(d);
}

// What was changed in a sheet goes only with a yes, whichever way it is closed; what was not, unasked.
async function changes(d) {
	const profile = url(`u/${encodeURIComponent(job.author.user.username)}`), text = "written by hand";
	let asked = 0, yes = false;

	d.page.removeAllListeners("dialog");
	d.page.on("dialog", (x) => { asked++; (yes ? x.accept() : x.dismiss()).catch(() => {}); });
	const sheets = [
		[profile, () => button(d, "edit_profile").click(), d.words.about],
		[profile, () => d.page.locator(".grid-more").first().click(), d.words.description],
		[url("#/settings"), () => d.page.locator(".account").getByRole("button", { name: d.words.rule_title, exact: true }).click(), d.words.rule_words],
	];
	const ways = [() => d.page.mouse.click(5, 5), () => d.page.keyboard.press("Escape"), () => d.page.keyboard.press("Escape"),
		() => d.page.locator("dialog header button").click(), () => d.page.goBack()];

	for (const [address, open, label] of sheets) {
		const at = d.page.locator("dialog").getByLabel(label, { exact: true });

		await d.page.goto(address);
		await open();
		await at.waitFor();
		asked = 0;
		await d.page.keyboard.press("Escape");
		await gone(d);
		assert(asked === 0, "asked, and nothing was changed");
		await open();
		await at.fill(text);
		yes = false;
		for (const [i, way] of ways.entries()) {
			await way();
			for (const end = Date.now() + 5000 * job.patience; asked < i + 1;) {
				assert(Date.now() < end && await at.count() === 1, `${label}: way ${i} does not ask`);
				await d.page.waitForTimeout(20);
			}
			await d.page.waitForFunction(() => document.querySelector("dialog")?.matches(":modal") && history.state?.sheet);
			assert(await at.inputValue() === text, `${label}: the words are lost by way ${i}`);
		}
		yes = true;
		await d.page.goBack();
		await gone(d);
		assert(d.page.url() === address, `the sheet left to ${d.page.url()}`);
	}
	clean(d);
}

// Who is at the feed and presses Home has it anew, and no step of the history more.
async function again(d) {
	await latest(d);
	await next(d);
	await next(d);
	await d.page.keyboard.press("c");
	await d.page.locator("dialog").waitFor();
	const steps = await d.page.evaluate(() => history.length);
	const asked = d.page.waitForResponse((r) => r.url().includes("/api/video/feed"));
	await d.page.locator(".bar .to-feed").click();
	await asked;
	await gone(d);
	await d.page.waitForFunction((id) => document.querySelector(".card")?.dataset.id === id, String(job.clips.quiet));
	await playing(d.page);
	assert(await shownId(d.page) === String(job.clips.quiet), "not at the top");
	assert(await d.page.evaluate(() => history.length) === steps, "a step back is to the same");
	clean(d);
}

// What somebody is not interested in does not come back, not at the end of the list either.
async function uninterested(d) {
	await d.page.goto(job.base);
	await playing(d.page);
	const id = await next(d);
	await card(d, id).getByRole("button", { name: d.words.more, exact: true }).click();
	await button(d, "not_interested").click();
	await card(d, id).waitFor({ state: "detached" });
	await gone(d);
	await d.page.waitForFunction(() => {
		const box = document.querySelector(".stream");

		box.scrollTop = box.scrollHeight;
		return !document.querySelector(".stream-end").children.length;
	}, null, { polling: 200 });
	const ids = await d.page.locator(".card").evaluateAll((all) => all.map((c) => c.dataset.id));
	assert(Object.values(job.clips).every((one) => String(one) === id || ids.includes(String(one))), `not the whole list: ${ids}`);
	assert(!ids.includes(id), `${id} came back`);
	clean(d);
}

const pathname = (d, path) => d.page.waitForFunction((p) => location.pathname === p, path);
const viewerOf = (d) => d.page.evaluate(() => JSON.parse(localStorage.getItem("viewer")));
const liked = (d, id) => d.page.locator(`[data-id="${id}"] .rail button[aria-pressed=true][aria-label="${d.words.like}"]`).waitFor();

async function signIn(d, name, password) {
	await d.page.getByLabel(d.words.username).fill(name);
	await d.page.getByLabel(d.words.password).fill(password);
	await d.page.locator("form button[type=submit]").click();
}

// To another screen as a link leads there: the page is not loaded anew.
const inside = (page, address) => page.evaluate((to) => {
	history.pushState({ inside: true }, "", to);
	dispatchEvent(new PopStateEvent("popstate"));
}, address);

async function logOut(d, page = d.page) {
	await inside(page, "/#/settings");
	await page.getByRole("button", { name: d.words.logout, exact: true }).click();
	await page.waitForFunction(() => !localStorage.getItem("viewer"));
}

// Who logs in for a clip finds that clip again, and what he wanted is done; also where his session had ended.
async function wanted(d) {
	const press = (id, key) => card(d, id).getByRole("button", { name: d.words[key], exact: true }).click();
	const third = async () => {
		await d.page.goto(job.base);
		await playing(d.page);
		await next(d);
		return next(d);
	};
	let id = await third();

	await press(id, "like");
	await button(d, "no_account").click();
	await signIn(d, `wanted${Date.now()}`, "wanted password");
	await pathname(d, `/v/${id}`);
	await playing(d.page);
	await liked(d, id);
	const { token, user } = await viewerOf(d), known = { Authorization: `Bearer ${token}` };
	const { data } = await (await fetch(url(`api/video/detail?id=${id}`), { headers: known })).json();
	assert(data.isLike, "the server knows of no like");
	await d.page.goBack();
	await d.page.locator(".feed-head [role=tablist]").waitFor(); /* and the step back is to the feed */

	/* What the log-in was left without is not done later. */
	await logOut(d);
	id = await third();
	await press(id, "bookmark");
	await d.page.getByLabel(d.words.password).waitFor();
	await d.page.goBack();
	await playing(d.page);
	id = await shownId(d.page);
	await press(id, "comments");
	await d.page.getByRole("link", { name: d.words.login_to_comment, exact: true }).click();
	await signIn(d, user.username, "wanted password");
	await pathname(d, `/v/${id}`);
	await playing(d.page);
	const stars = await (await fetch(url("api/auth/interaction/stars"), { headers: { Authorization: `Bearer ${(await viewerOf(d)).token}` } })).json();
	assert(stars.data.length === 0 || stars.data.videos?.length === 0, `a bookmark that nobody wants: ${JSON.stringify(stars.data).slice(0, 200)}`);

	/* Ended from elsewhere: found out by asking, then by a like; the clip stays. */
	d.expect = /status of 401/;
	for (const find of ["comments", "bookmark"]) {
		id = await third();
		const viewer = await viewerOf(d), auth = { Authorization: `Bearer ${viewer.token}` };
		const own = (await (await fetch(url("api/auth/user/sessions"), { headers: auth })).json()).data.find((s) => s.current);
		await ask(viewer, "/api/auth/user/session/end", { session_id: own.id });
		const rows = await d.page.locator(".card").count();
		await press(id, find);
		if (find === "comments") {
			const link = d.page.getByRole("link", { name: d.words.login_to_comment, exact: true });

			await field(d).fill("half a comment");
			await submit(d).click();
			await link.waitFor();
			await d.page.waitForTimeout(300);
			assert(await shownId(d.page) === id && await d.page.locator(".card").count() >= rows, "the clip went with the session");
			await link.click();
		}
		await signIn(d, user.username, "wanted password");
		await pathname(d, `/v/${id}`);
		await playing(d.page);
		if (find === "comments") {
			await press(id, "comments");
			await d.page.waitForFunction(() => document.querySelector("dialog .write input")?.value === "half a comment");
		}
	}
	await d.page.locator(`[data-id="${id}"] .rail button[aria-pressed=true][aria-label="${d.words.bookmark}"]`).waitFor();
	d.expect = null;
	clean(d);
}

// What one has begun to write is his: another account neither sees nor sends it, in no tab.
async function whose(d) {
	const tab = await d.context.newPage(), other = { ...d, page: tab }, name = job.viewer.user.username, words = "words of another";

	const as = async (x, user, password) => {
		await inside(x.page, "/#/login");
		await signIn(x, user, password);
		await x.page.waitForFunction((n) => JSON.parse(localStorage.getItem("viewer"))?.user.username === n &&
			location.hash !== "#/login", user);
	};

	await d.page.goto(url("#/search"));
	await as(d, name, job.viewerPassword);
	await openComments(d, "talked");
	await field(d).fill(words);
	await tab.goto(url("#/search"));
	await logOut(d, tab);
	await d.page.getByRole("link", { name: d.words.login_to_comment, exact: true }).waitFor();
	await as(other, job.author.user.username, job.authorPassword);
	await field(d).waitFor();
	assert(await field(d).inputValue() === "", "another account has the words before it");
	await tab.close();
	await field(d).fill("mine");
	await d.page.keyboard.press("Escape");
	await gone(d);
	await logOut(d);
	await as(d, name, job.viewerPassword);
	await inside(d.page, `/v/${job.clips.talked}`);
	await playing(d.page);
	await d.page.keyboard.press("c");
	await d.page.waitForFunction((w) => document.querySelector("dialog .write input")?.value === w, words);
	clean(d);
}

const TESTS = {
	"way back": ["desktop", wayBack], "refused": ["phone", refused, "viewer"], "language": ["desktop", language],
	"plain http": ["desktop", plainHttp], "skip link": ["desktop", skipLink], "addresses": ["phone", addresses],
	"mentions": ["phone", mentions], "comment box": ["desktop", box, "viewer"], "guest": ["phone", guest],
	"slow": ["phone", slow], "pieces": ["desktop", pieces], "rests": ["desktop", rests],
	"elsewhere": ["desktop", elsewhere, "viewer"], "sound": ["desktop", sound], "full disk": ["phone", fullDisk],
	"sheet": ["desktop", sheet, "viewer"], "whose words": ["desktop", whose], "wanted": ["phone", wanted],
	"changes": ["desktop", changes, "author"], "again": ["desktop", again], "uninterested": ["phone", uninterested, "viewer"],
};

await withBrowser(async (browser) => {
	fs.mkdirSync(job.shots, { recursive: true });
	for (const [name, [kind, test, who]] of Object.entries(TESTS)) {
		if (!want(`feed ${name}`))
			continue;
		const d = await device(browser, kind, { viewer: job[who] });

		await run(`feed ${name}`, d, test);
		await d.context.close();
	}
});
