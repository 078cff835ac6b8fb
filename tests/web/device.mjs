// device.mjs - a browser context as a phone, a tablet or a desktop has it, and what a test of a screen does
// with it.
//
// The invariant: a page that says an error or breaks the Content-Security-Policy fails its test.
// Screenshots go to job.shots, for a person to look at.

import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { assert, check, job } from "./browser.mjs";

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WAIT_MS = 8000 * job.patience;
const STILL = 0.005; // of layout shifts, of one screen
const texts = {};
for (const key of ["en", "zh"])
	texts[key] = Object.assign({}, ...await Promise.all(["", ".later"].map(async (part) =>
		(await import(path.join(job.texts, `${key}${part}.js`))).default)));

const DEVICES = {
	phone: { language: "zh", options: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true,
		hasTouch: true } },
	desktop: { language: "en", options: { viewport: { width: 1366, height: 800 } } },
	sideways: { language: "zh", options: { viewport: { width: 844, height: 390 }, deviceScaleFactor: 2, isMobile: true,
		hasTouch: true } },
	tablet: { language: "en", options: { viewport: { width: 820, height: 1180 }, hasTouch: true } },
};

// A browser context of a device: its page, its words, what went wrong in it.
export async function device(browser, kind, { viewer, theme = "dark", language = DEVICES[kind].language } = {}) {
	const locale = { en: "en-US", zh: "zh-CN" }[language];
	const context = await browser.newContext({ ...DEVICES[kind].options, locale, serviceWorkers: "allow" });
	const wrong = [];

	await context.addInitScript(({ session, look }) => {
		if (window.origin === "null") /* what stands there before the page comes has no storage */
			return;
		if (session && !localStorage.getItem("viewer"))
			localStorage.setItem("viewer", session);
		if (!localStorage.getItem("settings"))
			localStorage.setItem("settings", JSON.stringify({ theme: look }));
	}, { session: viewer && JSON.stringify(viewer), look: theme });
	/* What jumps while a person reads or aims: 0 is good. */
	await context.addInitScript(() => {
		window.shifts = [];
		new PerformanceObserver((list) => {
			for (const e of list.getEntries())
				if (!e.hadRecentInput)
					window.shifts.push({ value: e.value, what: e.sources.map((s) => `${s.node?.nodeName}.${s.node?.className ?? s.node?.parentNode?.className} ` +
						`${s.previousRect.y} to ${s.currentRect.y}`).join() });
		}).observe({ type: "layout-shift", buffered: true });
	});
	const page = await context.newPage();
	const d = { kind, language, context, page, wrong, words: texts[language], offline: false };
	page.on("pageerror", (e) => wrong.push(`exception: ${e}`));
	page.on("console", (m) => {
		if (["error", "warning"].includes(m.type()) && !(d.offline && /ERR_INTERNET_DISCONNECTED|Failed to fetch/.test(m.text())) &&
		    !(d.expect && d.expect.test(m.text())))
			wrong.push(`${m.type()}: ${m.text()} (${m.location().url})`);
	});
	page.on("dialog", (x) => x.accept());
	page.setDefaultTimeout(WAIT_MS);
	return d;
}

export async function shot(d, name) {
	await d.page.screenshot({ path: path.join(job.shots, `${d.kind}-${name}.png`) });
}

// No violation, no wider than the screen, a picture for a person.
export async function look(d, name) {
	await d.page.waitForFunction(() => !document.querySelector(".spinner"));
	await shot(d, name);
	await d.page.evaluate(axe);
	const found = await d.page.evaluate(async () => (await window.axe.run(document)).violations.map((v) =>
		`${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 120)} [${(n.any[0] ?? n.all[0] ?? n.none[0])?.message}]`).join(" ")}`));
	assert(found.length === 0, `${name}: ${found.join("; ")}`);
	const shifts = await d.page.evaluate(() => window.shifts.splice(0));
	assert(shifts.reduce((sum, s) => sum + s.value, 0) < STILL, `${name} jumps: ${JSON.stringify(shifts)}`);
	const over = await d.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	assert(over <= 0, `${name} is ${over} pixels too wide`);
}

export const url = (address) => `${job.base}/${address}`;
export const userUrl = (person) => url(`u/${encodeURIComponent(person.user.username)}`);
export const card = (d, id) => d.page.locator(`[data-id="${id}"]`);
export const tab = (d, key) => d.page.getByRole("tab", { name: d.words[key], exact: true });
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, k) => values[k]);
export const button = (d, key, values = {}) => d.page.getByRole("button", { name: fill(d.words[key], values), exact: true });
// No sheet is open any more, nor is its step of the history still there.
export const gone = async (d) => {
	await d.page.locator("dialog").first().waitFor({ state: "detached" });
	await d.page.waitForFunction(() => !history.state?.sheet);
};
export const playing = (page) => page.waitForFunction(() => {
	const all = [...document.querySelectorAll("video")].filter((v) => !v.paused && v.currentTime > 0.1);
	return all.length === 1 && all[0].getBoundingClientRect().top < innerHeight / 2;
});
export const shownId = (page) => page.evaluate(() => [...document.querySelectorAll(".card")].find((c) =>
	Math.abs(c.getBoundingClientRect().top - document.querySelector(".stream").getBoundingClientRect().top) < 4)?.dataset.id);
export const clean = (d) => assert(d.wrong.length === 0, d.wrong.join("; ").slice(0, 600));

export async function login(d, user, password) {
	await d.page.goto(`${job.base}/#/login`);
	await d.page.getByLabel(d.words.username).fill(user);
	await d.page.getByLabel(d.words.password).fill(password);
	await d.page.locator("form button[type=submit]").click();
	await d.page.waitForFunction(() => localStorage.getItem("viewer"));
}

// As another program does it, without a browser.
export async function ask(viewer, path, params) {
	const reply = await fetch(job.base + path, { method: "POST", body: JSON.stringify(params),
		headers: { "Content-Type": "application/json", Authorization: `Bearer ${viewer.token}` } });
	const body = await reply.json();

	assert(reply.ok, `${path} ${JSON.stringify(params)}: ${body.message}`);
	return body.data;
}

export const want = (name) => job.tests.includes(name);

// Runs a test of a device; on a failure with a picture, and with what went wrong in the page.
export async function run(name, d, test) {
	if (!want(name))
		return;
	await check(name, async () => {
		d.wrong.length = 0;
		try {
			return await test(d);
		} catch (e) {
			await shot(d, `failed-${name.replace(/\W+/g, "-")}`).catch(() => {});
			throw new Error(`${e.message ?? e} ${d.wrong.join("; ")}`, { cause: e });
		}
	});
}
