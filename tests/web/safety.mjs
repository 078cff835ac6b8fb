// safety.mjs - the screens for blocks, mutes, private accounts, reports, moderation, comment rules, one's
// data and the end of an account, on the real stack: what one does, the other's browser shows.
//
// The invariant: see device.mjs.  Each of phone and desktop has people and clips of its own.

import fs from "node:fs";
import { assert, job, withBrowser } from "./browser.mjs";
import { button, clean, device, fill, gone, login, look, playing, run, url, userUrl } from "./device.mjs";

const dialog = (d) => d.page.locator("dialog").last();
const item = (d, key, values = {}) => dialog(d).getByRole("button", { name: fill(d.words[key], values), exact: true });
const toasted = (d, key, values = {}) => d.page.locator(".toasts p", { hasText: fill(d.words[key], values) }).first().waitFor();
const REFUSED = /status of (400|404)/;

// To another page, once the step back of a sheet that was closed is done.
async function visit(d, address) {
	await d.page.waitForFunction(() => document.querySelector("dialog") || !history.state?.sheet);
	await d.page.goto(address);
}

// A press that rests: by a finger where there is one, else by the right button.
async function longPress(d, where) {
	const box = await where.boundingBox();
	const x = box.x + Math.min(40, box.width / 2), y = box.y + box.height / 2;

	if (d.kind === "desktop") {
		await d.page.mouse.click(x, y, { button: "right" });
		return;
	}
	const cdp = await d.context.newCDPSession(d.page);
	await cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
	await d.page.waitForTimeout(900);
	await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
	await cdp.detach();
	await d.page.waitForTimeout(100); /* the click that lifting makes is not taken: nobody is that quick */
}

async function openComments(d, clip) {
	await visit(d, url(`v/${clip}`));
	await playing(d.page);
	await d.page.locator(`[data-id="${clip}"]`).getByRole("button", { name: d.words.comments, exact: true }).click();
	await d.page.locator(".comments").waitFor();
	await d.page.waitForFunction(() => !document.querySelector(".comments .spinner"));
}

// The ids of the clips that the latest feed has on its first page.
async function latest(d) {
	await visit(d, job.base);
	await d.page.getByRole("tab", { name: d.words.latest, exact: true }).click();
	await playing(d.page);
	return d.page.evaluate(() => [...document.querySelectorAll(".card")].map((c) => c.dataset.id));
}

async function others(d, person) {
	await visit(d, userUrl(person));
	await button(d, "more_on", { name: person.user.username }).click();
	await d.page.locator("dialog").waitFor();
}

async function fromSettings(d, key) {
	await visit(d, url("#/settings"));
	await d.page.locator(".account").getByRole("button", { name: d.words[key], exact: true }).click();
	await d.page.locator("dialog").waitFor();
}

async function unlisted(d, list, key, name) {
	await fromSettings(d, list);
	const row = d.page.locator("dialog .user-row", { hasText: name });
	await row.waitFor();
	await look(d, `settings-${list}`);
	const undo = row.getByRole("button", { name: d.words[key], exact: true });
	await undo.click();
	await undo.waitFor({ state: "detached" });
	await d.page.keyboard.press("Escape");
	await gone(d);
}

async function block(d, other, p) {
	const name = p.bob.user.username;
	const sees = async (x, person, clip, comment, yes) => {
		x.expect = yes ? null : REFUSED;
		await visit(x, userUrl(person));
		await x.page.locator(yes ? ".profile" : ".trouble").waitFor();
		await visit(x, url(`v/${clip}`));
		if (yes)
			await playing(x.page);
		else
			await x.page.locator(".trouble").waitFor();
		await openComments(x, p.clip);
		assert(await x.page.locator(".comment", { hasText: comment }).count() === (yes ? 1 : 0),
			`${x === d ? "who blocks" : "who is blocked"}: comment of the other, ${yes} was expected`);
		const ids = await latest(x);
		assert(ids.includes(String(clip)) === yes, `feed: clip of the other, ${yes} was expected`);
	};

	await sees(d, p.bob, p.bobs, p.bobSaid, true);
	await sees(other, p.ann, p.anns, p.annSaid, true);
	await others(d, p.bob);
	await look(d, "user-menu");
	await item(d, "block_name", { name }).click();
	await toasted(d, "blocked_now", { name });
	await sees(d, p.bob, p.bobs, p.bobSaid, false);
	await look(d, "no-user");
	await sees(other, p.ann, p.anns, p.annSaid, false);
	/* He is reported all the same; report() sends one. */
	await fromSettings(d, "blocked");
	await d.page.locator("dialog .user-row", { hasText: name }).getByRole("button", { name: d.words.report, exact: true }).click();
	const form = d.page.getByText(d.words.report_user, { exact: true });
	await form.waitFor();
	await look(d, "report-blocked");
	await d.page.keyboard.press("Escape");
	await form.waitFor({ state: "detached" });
	await unlisted(d, "blocked", "unblock", name);
	await sees(d, p.bob, p.bobs, p.bobSaid, true);
	await sees(other, p.ann, p.anns, p.annSaid, true);
	d.expect = other.expect = null;
	clean(d);
	clean(other);
}

async function mute(d, other, p) {
	const name = p.bob.user.username;

	await others(d, p.bob);
	await item(d, "mute_name", { name }).click();
	await toasted(d, "muted_now", { name });
	assert(!(await latest(d)).includes(String(p.bobs)), "a muted one's clip is in the feed");
	await others(d, p.bob);
	await item(d, "unmute_name", { name }).waitFor();
	await d.page.keyboard.press("Escape");
	await gone(d);
	await unlisted(d, "muted", "unmute_person", name);
	assert((await latest(d)).includes(String(p.bobs)), "the clip is not back in the feed");
	/* The same from the clip: at once it is gone from the list. */
	await visit(d, url(`v/${p.bobs}`));
	await playing(d.page);
	await longPress(d, d.page.locator(`[data-id="${p.bobs}"] .stage`));
	await item(d, "mute_name", { name }).waitFor();
	await look(d, "clip-menu");
	await item(d, "mute_name", { name }).click();
	await d.page.locator(`[data-id="${p.bobs}"]`).waitFor({ state: "detached" });
	await gone(d);
	await unlisted(d, "muted", "unmute_person", name);
	clean(d);
}

async function privacy(d, other, p) {
	const switched = () => d.page.waitForResponse((r) => r.url().endsWith("/user/privacy") && r.ok());
	const set = async () => {
		await visit(d, url("#/settings"));
		await d.page.waitForFunction(() => !document.querySelector(".account input:disabled"));
		await Promise.all([switched(), d.page.getByLabel(d.words.private_account).click()]);
	};
	const answer = async (key) => {
		await visit(d, url("#/inbox"));
		await d.page.getByRole("tab", { name: d.words.requests }).click();
		await button(d, key, { name: p.bob.user.username }).waitFor();
		await look(d, "requests");
		await button(d, key, { name: p.bob.user.username }).click();
		await d.page.getByText(d.words.no_requests).waitFor();
	};
	const state = (key) => button(other, key).first().waitFor();
	const ask = async () => {
		await visit(other, userUrl(p.ann));
		await state("follow");
		await other.page.getByText(other.words.private_text).waitFor();
		await button(other, "follow").first().click();
		await state("requested");
		await other.page.reload();
		await state("requested");
	};

	await set();
	await look(d, "settings-private");
	await ask();
	await look(other, "requested");
	await button(other, "requested").first().click();
	await state("follow");
	await ask();
	await answer("decline_name");
	await ask();
	await answer("accept_name");
	await other.page.reload();
	await state("followed");
	await other.page.locator(".grid li").first().waitFor();
	await button(other, "followed").first().click();
	await state("follow");
	await set();
	await other.page.reload();
	await other.page.locator(".grid li").first().waitFor();
	clean(d);
	clean(other);
}

// Fills in the form and sends it; a second time the server says that it was already.
async function tell(d, kind, reason) {
	await dialog(d).getByText(d.words[`report_${kind}`], { exact: true }).waitFor();
	await dialog(d).getByLabel(d.words[`reason_${reason}`]).check();
	await dialog(d).getByLabel(d.words.report_words).fill(`${d.kind} says ${kind}`);
	await look(d, `report-${kind}`);
	await dialog(d).locator("button[type=submit]").click();
	await toasted(d, "report_thanks");
	await d.page.getByText(d.words[`report_${kind}`], { exact: true }).waitFor({ state: "detached" });
}

async function report(d, other, p) {
	await visit(d, url(`v/${p.bobs}`));
	await playing(d.page);
	await longPress(d, d.page.locator(`[data-id="${p.bobs}"] .stage`));
	await item(d, "report").click();
	await tell(d, "video", "copyright");
	await d.page.locator(`[data-id="${p.bobs}"]`).getByRole("button", { name: d.words.more, exact: true }).click();
	await item(d, "report").click();
	await dialog(d).getByLabel(d.words.reason_spam).check();
	d.expect = REFUSED;
	await dialog(d).locator("button[type=submit]").click();
	await dialog(d).locator(".error:not(:empty)").waitFor();
	await d.page.keyboard.press("Escape");
	await gone(d);
	d.expect = null;
	await openComments(d, p.clip);
	const comment = d.page.locator(".comment", { hasText: p.bobSaid });
	await longPress(d, comment.locator("p").first());
	await item(d, "report").waitFor();
	await look(d, "comment-menu");
	await item(d, "report").click();
	await tell(d, "comment", "hate");
	await comment.locator(".dots").click();
	await item(d, "copy_text").waitFor();
	await d.page.keyboard.press("Escape"); /* the menu; the comments stay */
	await comment.waitFor();
	await others(d, p.bob);
	await item(d, "report").click();
	await tell(d, "user", "spam");
	await visit(d, url(`#/chat/${encodeURIComponent(p.bob.user.username)}`));
	await longPress(d, d.page.locator(".message:not(.mine) p").first());
	await item(d, "report").click();
	await tell(d, "message", "fraud");
	clean(d);
}

async function rules(d, other, p) {
	const edit = async () => {
		await visit(d, userUrl(p.ann));
		await d.page.locator(".grid-more").first().click();
		await dialog(d).getByLabel(d.words.rule_who).waitFor();
	};
	const save = async () => {
		await dialog(d).locator("button[type=submit]").click();
		await gone(d);
	};
	const say = async (words, good) => {
		await openComments(other, p.anns);
		other.expect = good ? null : REFUSED;
		await other.page.getByLabel(other.words.write_comment).fill(words);
		await other.page.locator("dialog button[type=submit]").click();
		await other.page.locator(good ? ".comment" : ".toasts p", good ? { hasText: words } : {}).first().waitFor();
	};

	await edit();
	await dialog(d).getByLabel(d.words.rule_who).selectOption("off");
	await dialog(d).getByLabel(d.words.rule_who).scrollIntoViewIfNeeded();
	await look(d, "edit-rules");
	await save();
	await say("nobody may", false);
	await edit();
	assert(await dialog(d).getByLabel(d.words.rule_who).inputValue() === "off", "the rule is not kept");
	await dialog(d).getByLabel(d.words.rule_who).selectOption("all");
	await dialog(d).getByLabel(d.words.rule_words).fill("cucumber\n黄瓜");
	await save();
	await say("a Cucumber!", false);
	await say(`fine from ${other.kind}`, true);
	await fromSettings(d, "rule_title");
	await dialog(d).getByLabel(d.words.rule_words).fill("pickle");
	await look(d, "settings-rules");
	await save();
	await say("a PICKLE", false);
	other.expect = null;
	clean(d);
	clean(other);
}

async function moderate(browser, d, p) {
	const m = await device(browser, d.kind, { viewer: p.mod, theme: d.kind === "desktop" ? "light" : "dark" });
	const act = async (row, key, more) => {
		await row.getByRole("button", { name: m.words[key], exact: true }).click();
		await dialog(m).getByRole("textbox").fill(`${key} 因为`);
		await more?.();
		await look(m, key.replace("_", "-"));
		await dialog(m).locator("button[type=submit]").click();
		await gone(m);
	};
	const told = (kind) => m.page.locator(".cases > li", { hasText: `${d.kind} says ${kind}` });
	const signIn = async (words, then) => {
		const s = await device(browser, d.kind);

		s.expect = /status of 403/;
		await visit(s, url("#/login"));
		await s.page.getByLabel(s.words.username).fill(p.bob.user.username);
		await s.page.getByLabel(s.words.password).fill(p.bobPassword);
		await s.page.locator("form button[type=submit]").click();
		await s.page.locator(`[role=alert]:has-text("${words}")`).waitFor();
		await look(s, `told-${words.split(" ")[0]}`);
		await then?.(s);
		await s.context.close();
	};

	try {
		await visit(d, url("#/settings"));
		await button(d, "leave").waitFor();
		assert(await d.page.locator(".account a").count() === 0, "who does not moderate is shown the way");
		await visit(m, url("#/settings"));
		await m.page.getByRole("link", { name: m.words.moderation }).click();
		await told("comment").waitFor();
		const when = told("comment").locator("time");
		assert(Date.now() - Date.parse(await when.getAttribute("datetime")) < 600000 && await when.textContent(), "when was it reported?");
		await look(m, "reports");
		await act(told("comment"), "act_hide");
		await told("comment").waitFor({ state: "detached" });
		await openComments(d, p.clip);
		assert(await d.page.locator(".comment", { hasText: p.bobSaid }).count() === 0, "the comment is still shown");
		await act(told("message"), "act_dismiss");
		await act(told("user"), "act_warn");
		await signIn("act_warn 因为", async (s) => {
			/* Also told to who went on without reading, until he has read it. */
			await visit(s, url(`u/${p.bob.user.username}`));
			const warning = s.page.locator("[role=alert]", { hasText: "act_warn 因为" });

			await warning.getByRole("button", { name: s.words.understood }).click();
			await warning.waitFor({ state: "detached" });
			await s.page.reload();
			await s.page.locator(".profile").waitFor();
			assert(await warning.count() === 0, "a warning that was read is told again");
		});
		await act(told("video"), "act_suspend", () => dialog(m).getByLabel(m.words.suspend_for).selectOption("7"));
		await signIn("act_suspend 因为");
		await m.page.getByRole("tab", { name: m.words.audit, exact: true }).click();
		const done = (key) => m.page.locator(".cases > li", { hasText: `${key} 因为` }).first();
		await done("act_suspend").waitFor();
		await look(m, "audit");
		await act(done("act_hide"), "act_restore");
		await openComments(d, p.clip);
		await d.page.locator(".comment", { hasText: p.bobSaid }).waitFor();
		await act(done("act_suspend"), "act_restore");
		const s = await device(browser, d.kind);
		await login(s, p.bob.user.username, p.bobPassword);
		clean(s);
		await s.context.close();
		clean(m);
		clean(d);
	} finally {
		await m.context.close();
	}
}

async function exported(d, other, p) {
	d.expect = REFUSED; /* there is none yet */
	await fromSettings(d, "export");
	await d.page.getByText(d.words.export_none).waitFor();
	await button(d, "export_ask").click();
	await d.page.getByText(d.words.export_ready).waitFor({ timeout: 30000 * job.patience });
	await look(d, "settings-export");
	const [file] = await Promise.all([d.page.waitForEvent("download"), dialog(d).locator("a.main").click()]);
	const bytes = fs.readFileSync(await file.path());
	assert(bytes.includes("profile.json") && bytes.includes(p.ann.user.username), "the file is no export");
	await button(d, "export_ask").click(); /* too soon for another one */
	await dialog(d).locator(".error:not(:empty)").waitFor();
	d.expect = null;
	clean(d);
}

// Another browser logs in, is seen, and is ended; then all others; then this one by logging out.
async function sessions(browser, d, p) {
	const others = [];
	const rows = d.page.locator("dialog .user-row");
	const open = async (n) => {
		await fromSettings(d, "sessions");
		await d.page.waitForFunction((count) => document.querySelectorAll("dialog .user-row").length === count, n);
	};
	const out = async (x) => {
		x.expect = /status of 401/;
		await visit(x, url("#/inbox"));
		await x.page.reload();
		await x.page.waitForFunction(() => !localStorage.getItem("viewer"));
		clean(x);
	};

	await d.page.evaluate(() => localStorage.setItem("viewer", "null"));
	await login(d, p.single.user.username, p.singlePassword);
	try {
		for (let i = 0; i < 3; i++) {
			others.push(await device(browser, "desktop"));
			await login(others[i], p.single.user.username, p.singlePassword);
		}
		await open(5); /* with the one that made the account */
		assert(await d.page.getByText(d.words.this_device).count() === 1, "this device is not marked");
		await look(d, "settings-sessions");
		await rows.nth(0).getByRole("button").click(); /* the newest */
		await d.page.waitForFunction(() => document.querySelectorAll("dialog .user-row").length === 4);
		await out(others[2]);
		await others[1].page.goto(url("#/inbox"));
		await others[1].page.locator(".tabs").waitFor();
		await button(d, "sessions_end").click();
		await d.page.waitForFunction(() => document.querySelectorAll("dialog .user-row").length === 1);
		await out(others[1]);
		await out(others[0]);
		await d.page.keyboard.press("Escape");
		await gone(d);
		await open(1); /* the new token is good */
		await d.page.keyboard.press("Escape");
		await gone(d);
		const token = await d.page.evaluate(() => JSON.parse(localStorage.getItem("viewer")).token);
		await button(d, "logout").click();
		await d.page.waitForFunction(() => !localStorage.getItem("viewer"));
		/* The page does not wait for it. */
		const status = async () => (await fetch(url("api/auth/user/profile"), { headers: { Authorization: `Bearer ${token}` } })).status;
		for (const end = Date.now() + 5000 * job.patience; await status() !== 401;)
			assert(Date.now() < end, "the token of who logged out is good still");
		clean(d);
	} finally {
		for (const x of others)
			await x.context.close();
	}
}

async function leave(browser, d, p) {
	const x = await device(browser, d.kind, { viewer: p.leaver });

	try {
		await fromSettings(x, "leave");
		await dialog(x).getByLabel(x.words.password).fill("not the password");
		assert(await dialog(x).locator("button[type=submit]").isDisabled(), "no name was typed");
		await dialog(x).getByLabel(fill(x.words.leave_type, { name: p.leaver.user.username })).fill(p.leaver.user.username);
		x.expect = REFUSED;
		await dialog(x).locator("button[type=submit]").click();
		await dialog(x).locator(".error:not(:empty)").waitFor();
		await look(x, "leave");
		await dialog(x).getByLabel(x.words.password).fill(p.leaverPassword);
		await dialog(x).locator("button[type=submit]").click();
		await toasted(x, "leave_done");
		assert(await x.page.evaluate(() => localStorage.getItem("viewer")) === null, "still logged in");
		d.expect = REFUSED;
		await visit(d, userUrl(p.leaver));
		await d.page.locator(".trouble").waitFor();
		d.expect = null;
		clean(x);
		clean(d);
	} finally {
		await x.context.close();
	}
}

// A step back closes what is open, the topmost first, and then leaves the screen.
async function back(d, other, p) {
	const open = () => d.page.locator("dialog").count();

	await visit(d, userUrl(p.bob));
	await d.page.locator(".grid a").first().click();
	await playing(d.page);
	await d.page.getByRole("button", { name: d.words.comments, exact: true }).first().click();
	await d.page.locator(".comment .dots").first().waitFor();
	await d.page.locator(".comment .dots").first().click();
	assert(await open() === 2, "the menu is not over the comments");
	await d.page.goBack();
	await d.page.waitForFunction(() => document.querySelectorAll("dialog").length === 1);
	await d.page.goBack();
	await gone(d);
	assert(new URL(d.page.url()).pathname.startsWith("/v/"), "the clip was left with its sheet");
	/* Closed by its own cross, a sheet leaves no step behind. */
	await d.page.getByRole("button", { name: d.words.comments, exact: true }).first().click();
	await button(d, "close").click();
	await gone(d);
	/* And what a sheet leads to is one step from the screen below. */
	await d.page.getByRole("button", { name: d.words.comments, exact: true }).first().click();
	await d.page.locator(".comment a.dim").first().click();
	await d.page.locator(".profile").waitFor();
	await d.page.goBack();
	await d.page.locator(".card").first().waitFor();
	await d.page.goBack();
	await d.page.locator(".profile").waitFor();
	assert(d.page.url() === userUrl(p.bob), `back at ${d.page.url()}`);
	clean(d);
}

// A server that is in trouble, and then no longer.
async function trouble(d) {
	const wrong = (r) => r.fulfill({ status: 503, contentType: "application/json", headers: { "X-Request-Id": "r-4711" },
		body: JSON.stringify({ code: 50001, message: "out of order", data: null }) });

	d.expect = /status of (503|404)/;
	await d.context.route("**/api/user/info*", wrong);
	await visit(d, url("u/somebody"));
	await d.page.locator(".trouble", { hasText: "out of order" }).waitFor();
	await d.page.locator(".trouble", { hasText: "r-4711" }).waitFor();
	await look(d, "trouble");
	await d.context.unroute("**/api/user/info*");
	d.expect = REFUSED;
	await button(d, "again").click();
	await d.page.locator(".trouble", { hasText: "r-4711" }).waitFor({ state: "detached" });
	/* What no screen expects: the way out of it works, and so does loading the page anew. */
	d.expect = /is not a function/;
	await d.context.route("**/api/tags/hot*", (r) => r.fulfill({ contentType: "application/json", body: '{"code":200,"message":"","data":{}}' }));
	await visit(d, url("#/search"));
	await d.page.getByText(d.words.broken).waitFor();
	await look(d, "broken");
	await d.page.locator(".bar .to-inbox").click();
	await d.page.locator(".tabs").waitFor();
	await d.page.locator(".bar .to-search").click();
	await d.page.getByText(d.words.broken).waitFor();
	await d.context.unroute("**/api/tags/hot*");
	await button(d, "again").click();
	await d.page.locator(".search-form").waitFor();
	d.expect = null;
	clean(d);
}

await withBrowser(async (browser) => {
	fs.mkdirSync(job.shots, { recursive: true });
	for (const kind of ["phone", "desktop"]) {
		const p = job.people[kind];
		const d = await device(browser, kind, { viewer: p.ann, theme: kind === "desktop" ? "light" : "dark" });
		const other = await device(browser, kind === "phone" ? "desktop" : "phone", { viewer: p.bob });

		for (const [name, test] of Object.entries({ block, mute, private: privacy, report, rules, export: exported, back, trouble }))
			await run(`safety ${kind} ${name}`, d, (x) => { other.wrong.length = 0; return test(x, other, p); });
		await other.context.close();
		await run(`safety ${kind} moderate`, d, (x) => moderate(browser, x, p));
		await run(`safety ${kind} leave`, d, (x) => leave(browser, x, p));
		await run(`safety ${kind} sessions`, d, (x) => sessions(browser, x, p));
		await d.context.close();
	}
});
