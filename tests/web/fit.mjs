// fit.mjs - what must fit: controls into the screen, low, small or enlarged; words, names and tags into their
// room; numbers to what they count; keys to what has the focus.
//
// The invariant: see device.mjs.  Each test has a browser context of its own.

import fs from "node:fs";
import { assert, job, withBrowser } from "./browser.mjs";
import { ask, button, card, clean, device, fill, gone, look, playing, run, shot, shownId, tab, url, userUrl, want } from "./device.mjs";

const still = (d) => d.page.waitForFunction(() => !document.querySelector(".spinner"));

// Every control that is shown, and number, lies inside the screen, and what is pressed there is it.  Only a page may be
// scrolled to it, and only up and down.
async function reach(d, what) {
	const lost = await d.page.evaluate(() => {
		const pageBox = document.querySelector(".page"), here = document.querySelector(".stream");
		const top = here?.getBoundingClientRect().top, bad = [];
		const current = [...document.querySelectorAll(".card")].find((c) => Math.abs(c.getBoundingClientRect().top - top) < 4);

		for (const el of document.querySelectorAll(".app :is(a[href], button, input, textarea, select, .numbers div)")) {
			if (!el.checkVisibility() || el.matches(".skip, :disabled") || (el.closest(".card") ?? current) !== current)
				continue;
			const name = `${el.ariaLabel || el.textContent.trim().slice(0, 30) || el.className}`;
			let box = el.getClientRects()[0];

			if (box.left < 0 || box.right > innerWidth) {
				bad.push(`"${name}" from ${box.left.toFixed()} to ${box.right.toFixed()} of ${innerWidth}`);
				continue;
			}
			if (pageBox?.contains(el)) {
				pageBox.scrollTop += box.top - innerHeight / 2;
				box = el.getClientRects()[0];
			}
			/* A picture may be higher than a page that lies. */
			if (!el.closest(".grid") && (box.top < 0 || box.bottom > innerHeight)) {
				bad.push(`"${name}" down from ${box.top.toFixed()} to ${box.bottom.toFixed()} of ${innerHeight}`);
				continue;
			}
			const hit = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);

			if (!el.contains(hit))
				bad.push(`"${name}" is under ${hit?.outerHTML.slice(0, 80)}`);
		}
		if (pageBox)
			pageBox.scrollTop = 0;
		return bad;
	});
	assert(lost.length === 0, `${what} ${JSON.stringify(d.page.viewportSize())}: ${lost.join("; ")}`);
}

// Every screen with controls of its own beside each other, at sizes of this device.
const everywhere = (sizes) => async (d) => {
	for (const [width, height] of sizes) {
		const see = async (what) => {
			await still(d);
			await reach(d, what);
			await shot(d, `${what}-${width}x${height}-${d.language}`);
		};

		await d.page.setViewportSize({ width, height });
		await d.page.goto(job.base);
		await playing(d.page);
		await see("feed");
		for (const name of ["short", "long"]) {
			const id = job.clips[name];

			await d.page.goto(url(`v/${id}`));
			await playing(d.page);
			await see(`clip-${name}`);
			const heart = card(d, id).getByRole("button", { name: d.words.like, exact: true });
			const { x, y, width: w, height: h } = await heart.boundingBox();
			const was = await heart.getAttribute("aria-pressed");
			await d.page.mouse.click(x + w / 2, y + h / 2);
			await d.page.waitForFunction(([n, before]) => document.querySelector(`[data-id="${n}"] .rail [aria-pressed]`)
				.getAttribute("aria-pressed") !== before, [id, was]);
		}
		for (const [what, address] of [["own-profile", userUrl(job.viewer)], ["profile", userUrl(job.long)],
			["inbox", url("#/inbox")], ["messages", url("#/inbox?tab=messages")], ["requests", url("#/inbox?tab=requests")]]) {
			await d.page.goto(address);
			await d.page.locator(".grid li, .user-row, .notice").first().waitFor();
			await see(what);
		}
	}
	clean(d);
};

// Narrower than the tabs are: each can be brought to where it is pressed.
async function narrow(d) {
	await d.page.setViewportSize({ width: 240, height: 568 });
	for (const address of ["", "#/inbox", `u/${encodeURIComponent(job.viewer.user.username)}`]) {
		await d.page.goto(url(address));
		await d.page.locator("[role=tab]").nth(1).waitFor();
		await still(d);
		const lost = await d.page.evaluate(() => [...document.querySelectorAll("[role=tab]")].filter((tab) => {
			tab.scrollIntoView({ block: "nearest", inline: "nearest" });
			const { left, right, top, bottom } = tab.getBoundingClientRect();
			return ![left + 2, right - 2].every((x) => tab.contains(document.elementFromPoint(x, (top + bottom) / 2)));
		}).map((tab) => tab.textContent));
		assert(lost.length === 0, `${address}: ${lost.join(", ")}`);
		await shot(d, `narrow-${address.replace(/\W+/g, "-").slice(0, 7)}`);
	}
	clean(d);
}

// What is written outside of the room that it has.
const spilled = (d) => d.page.evaluate(() => [...document.querySelectorAll(".grow, .caption, .menu")].filter((box) => box.checkVisibility())
	.flatMap((box) => {
		const range = document.createRange(), right = box.getBoundingClientRect().right - parseFloat(getComputedStyle(box).paddingRight);

		range.selectNodeContents(box);
		return [...range.getClientRects()].some((r) => r.right > right + 1) ? [box.textContent.trim().slice(0, 60)] : [];
	}));

async function words(d) {
	const room = async (what) => {
		await still(d);
		await shot(d, `words-${what}-${d.language}`);
		const over = await spilled(d);
		assert(over.length === 0, `${what}: ${over.join("; ")}`);
	};
	const low = async (text) => {
		const row = d.page.locator(".user-row", { hasText: text.slice(0, 20) }).first();

		await row.waitFor();
		const { height } = await row.boundingBox();
		assert(height < 150, `a row of "${text.slice(0, 20)}" is ${height} pixels high`);
	};

	await d.page.goto(url(`v/${job.clips.long}`));
	await playing(d.page);
	await room("clip");
	assert(await card(d, job.clips.long).locator(".description").innerText() === job.description, "the lines of a description are one");
	await card(d, job.clips.long).getByRole("button", { name: d.words.comments, exact: true }).click();
	await d.page.locator(".comment").first().waitFor();
	await room("comments");
	await d.page.keyboard.press("Escape");
	await gone(d);
	await d.page.goto(userUrl(job.long));
	await d.page.locator(".grid li").first().waitFor();
	await room("profile");
	const about = d.page.locator(".profile .about");
	assert(await about.innerText() === job.about, "the lines of a profile are one");
	assert(await about.evaluate((p) => p.scrollHeight <= p.clientHeight + 1), "the end of a profile is cut off");
	await button(d, "more_on", { name: job.long.user.username }).click();
	await d.page.locator(".menu").waitFor();
	await room("menu");
	await d.page.goto(url(`#/search?q=${encodeURIComponent(job.long.user.username)}&type=user`));
	await d.page.reload(); /* the sheet is gone with its step */
	await low(job.long.user.username);
	await room("people");
	for (const name of ["messages", "notifications"]) {
		await d.page.goto(url(`#/inbox?tab=${name}`));
		await low(job.message);
		await room(name);
	}
	clean(d);
}

// The comments in the light look: names and tags are to be read there, too.
async function light(d) {
	await d.page.goto(url(`v/${job.clips.short}`));
	await playing(d.page);
	await card(d, job.clips.short).getByRole("button", { name: d.words.comments, exact: true }).click();
	await d.page.locator(".comment p a").nth(1).waitFor();
	await look(d, "comments-light");
	clean(d);
}

// What is a link is what the server has as a tag, and nothing else is.
async function tags(d) {
	await d.page.goto(url(`v/${job.clips.tagged}`));
	await playing(d.page);
	const links = card(d, job.clips.tagged).locator(".description a");
	const found = await links.evaluateAll((all) => all.map((a) => new URLSearchParams(a.hash.split("?")[1]).get("q")));
	assert(JSON.stringify([...found].sort()) === JSON.stringify([...job.tags].sort()), `linked: ${found}, the server has: ${job.tags}`);
	await links.first().click();
	await d.page.locator(".grid li").first().waitFor();
	d.expect = /status of 400/;
	await d.page.goto(url("#/search?q=nobodyhasit&type=tag"));
	await d.page.getByText(d.words.nothing_found, { exact: true }).waitFor();
	assert(await d.page.locator(".trouble").count() === 0, "it is a trouble that nobody has a tag");
	d.expect = null;
	clean(d);
}

async function counts(d) {
	const id = job.clips.counted, heading = (n) => d.page.locator("dialog h2", { hasText: fill(d.words.n_comments, { n }) }).first();
	const shares = card(d, id).locator(".rail .count").nth(3);

	await d.page.goto(url(`v/${id}`));
	await playing(d.page);
	assert(await shares.textContent() === "0", "shared before it was");
	await card(d, id).getByRole("button", { name: d.words.share, exact: true }).click();
	await d.page.waitForFunction((n) => document.querySelectorAll(`[data-id="${n}"] .rail .count`)[3].textContent === "1", id);
	/* Others comment while one watches. */
	for (const n of [1, 2])
		await ask(job.author, "/api/auth/interaction/comment", { video_id: id, content: `said ${n}` });
	await card(d, id).getByRole("button", { name: d.words.comments, exact: true }).click();
	await d.page.locator(".comment").nth(1).waitFor();
	await heading(2).waitFor();
	await d.page.getByLabel(d.words.write_comment).fill("and this");
	await d.page.locator("dialog button[type=submit]").click();
	await heading(3).waitFor();
	assert(await card(d, id).locator(".rail .count").nth(1).textContent() === "3", "the clip counts otherwise than the sheet");
	await d.page.keyboard.press("Escape");
	await gone(d);
	/* Followed no more, out of one's own list. */
	await ask(job.viewer, "/api/auth/social/follow", { target_user_id: job.author.user.id });
	await d.page.goto(userUrl(job.viewer));
	const number = (key) => d.page.locator(".numbers div", { hasText: d.words[key] }).getByRole("button");
	const counts = (n) => d.page.waitForFunction(([followed, friends]) => {
		const seen = [...document.querySelectorAll(".numbers button")].map((b) => b.textContent);
		return seen[0] === followed && seen[2] === friends;
	}, [n, n]);
	await counts("1");
	await number("following").click();
	await d.page.locator("dialog .user-row .follow").click();
	await d.page.locator("dialog .follow[aria-pressed=false]").waitFor();
	await d.page.keyboard.press("Escape");
	await gone(d);
	await counts("0");
	clean(d);
}

// The server did not answer once; then a message goes through, and what came meanwhile is there with it.
async function answers(d) {
	const failed = d.page.locator(".chat > .error");

	await d.page.goto(url(`#/chat/${encodeURIComponent(job.author.user.username)}`));
	await d.page.locator(".messages li").first().waitFor();
	await still(d);
	d.expect = /ERR_FAILED/;
	await d.page.route("**/api/auth/message/list?*", (r) => r.abort());
	await d.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
	await failed.waitFor();
	await d.page.unrouteAll();
	await ask(job.author, "/api/auth/message/send", { receiver_id: job.viewer.user.id, content: "came meanwhile" });
	await d.page.getByLabel(d.words.write_message).fill("are you there?");
	await d.page.locator(".write button").click();
	await d.page.locator(".message.mine", { hasText: "are you there?" }).waitFor();
	await failed.waitFor({ state: "detached" });
	await d.page.locator(".message:not(.mine)", { hasText: "came meanwhile" }).waitFor();
	d.expect = null;
	clean(d);
}

// The tabs of the feed have the keys that tabs have, and leave the others to the clips.
async function keys(d) {
	const chosen = (key) => d.page.waitForFunction((text) => document.activeElement.matches("[role=tab][aria-selected=true]") &&
		document.activeElement.textContent === text, d.words[key]);

	await d.page.goto(job.base);
	await playing(d.page);
	const first = await shownId(d.page);
	await tab(d, "for_you").focus();
	await d.page.keyboard.press("ArrowDown");
	await d.page.waitForFunction((id) => [...document.querySelectorAll(".card")].some((c) => c.dataset.id !== id &&
		Math.abs(c.getBoundingClientRect().top) < 4), first);
	await d.page.keyboard.press("m");
	await button(d, "mute").waitFor();
	await chosen("for_you");
	await d.page.keyboard.press("ArrowRight");
	await chosen("latest");
	await playing(d.page);
	await d.page.keyboard.press("ArrowRight");
	await chosen("latest");
	await d.page.keyboard.press("ArrowLeft");
	await chosen("for_you");
	await playing(d.page);
	clean(d);
}

const TESTS = {
	"sideways": ["sideways", everywhere([[844, 390], [667, 320], [932, 430]])],
	"enlarged": ["desktop", everywhere([[640, 400], [683, 320], [1100, 460]])],
	"small": ["phone", everywhere([[320, 568], [360, 640]]), { language: "en" }],
	"small zh": ["phone", everywhere([[320, 568], [390, 844]])],
	"narrow": ["phone", narrow, { language: "en" }],
	"words": ["phone", words], "words wide": ["desktop", words],
	"light": ["phone", light, { theme: "light" }], "light wide": ["desktop", light, { theme: "light" }],
	"tags": ["phone", tags], "counts": ["desktop", counts], "answers": ["desktop", answers], "keys": ["desktop", keys],
};

await withBrowser(async (browser) => {
	fs.mkdirSync(job.shots, { recursive: true });
	for (const [name, [kind, test, how]] of Object.entries(TESTS)) {
		if (!want(`fit ${name}`))
			continue;
		const d = await device(browser, kind, { viewer: job.viewer, ...how });

		await run(`fit ${name}`, d, test);
		await d.context.close();
	}
});
