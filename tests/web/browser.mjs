// browser.mjs - one headless Chromium for the programs of this ring, and their lines: ok NAME, or
// not ok NAME: why.
//
// The invariant: a page is of the origin of the suite under test, so that what it may do is what a
// page of the suite may do.

import fs from "node:fs";
import { chromium } from "playwright-core";

export const job = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));

export const EMPTY = "<!doctype html><meta charset=utf-8><title>test</title><link rel=icon href=data:,>";

// A context with a page that shows an empty document of the suite's origin.
export async function open(browser) {
	const context = await browser.newContext();
	await context.route("**/web-test-page", (route) =>
		route.fulfill({ contentType: "text/html", body: EMPTY }));
	const page = await context.newPage();
	const wrong = [];
	page.on("pageerror", (e) => wrong.push(String(e)));
	await page.goto(job.base + "/web-test-page");
	return { context, page, wrong };
}

export async function check(name, run) {
	try {
		const said = await run();
		if (said)
			console.log(`   ${name}: ${said}`);
		console.log(`ok web/${name}`);
	} catch (e) {
		/* The way through the tests to where it failed: many steps wait in the same words. */
		const way = [...String((e.cause ?? e).stack).matchAll(/([\w-]+\.mjs):(\d+):\d+/g)].filter((m) => !/^(browser|device)\./.test(m[1]))
			.map((m) => `${m[1]}:${m[2]}`);

		process.exitCode = 1;
		console.log(`not ok web/${name}: ${String(e.message ?? e).replace(/\s+/g, " ").slice(0, 700)} [${way.reverse().join(" ")}]`);
	}
}

export function assert(good, why) {
	if (!good)
		throw new Error(typeof why === "string" ? why : JSON.stringify(why));
}

// Ends the browser whatever happens.
export async function withBrowser(run) {
	const browser = await chromium.launch({
		executablePath: job.chromium,
		args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage",
			"--host-resolver-rules=MAP plain.test 127.0.0.1"], /* to browsers a host like others, not this machine */
	});
	try {
		await run(browser);
	} finally {
		await browser.close();
	}
}
