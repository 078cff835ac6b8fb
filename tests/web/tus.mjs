// tus.mjs - tus-js-client in a browser: a file in chunks, the network gone twice, the page reloaded in
// between, continued by its fingerprint.
//
// The invariant: the end of an upload here is what the server said, the bytes on its disk are for the
// caller (ring_web in tests/run) to compare.

import fs from "node:fs";
import { createRequire } from "node:module";
import { assert, check, job, open, withBrowser } from "./browser.mjs";

const client = createRequire(import.meta.url).resolve("tus-js-client/dist/tus.min.js");
const CHUNK = 1 << 20;
const AWAY_MS = 700; // how long the network is gone

// Runs in the page: uploads the file of the input, continuing what was begun.  Tells the page's
// globals told() what happens.
async function upload({ endpoint, token, chunk }) {
	const file = document.querySelector("input").files[0];
	const facts = { previous: 0, from: null, failures: 0, video: null };
	let at = 0;

	await new Promise((resolve, reject) => {
		const task = new window.tus.Upload(file, {
			endpoint, chunkSize: chunk, retryDelays: [100, 300, 500, 1000, 1000, 2000, 2000, 5000],
			headers: { Authorization: "Bearer " + token },
			metadata: { filename: file.name, filetype: file.type, title: "in the browser 浏览器" },
			removeFingerprintOnSuccess: true,
			// On loopback all would be over before a cable could be pulled.
			onBeforeRequest: () => new Promise((go) => { setTimeout(go, 40); }),
			onAfterResponse: (_, response) => {
				facts.video = response.getHeader("X-Video-Id") ?? facts.video;
			},
			onShouldRetry: () => {
				facts.failures++;
				return true;
			},
			onProgress: (sent) => {
				facts.from ??= sent;
				if (sent >> 22 !== at >> 22) // every 4 MiB
					window.told(sent);
				at = sent;
			},
			onSuccess: resolve,
			onError: reject,
		});
		task.findPreviousUploads().then((found) => {
			facts.previous = found.length;
			if (found.length > 0)
				task.resumeFromPreviousUpload(found[0]);
			task.start();
		}, reject);
	});
	return facts;
}

await withBrowser(async (browser) => {
	await check("tus cut twice and reloaded", async () => {
		const { context, page, wrong } = await open(browser);
		const size = fs.statSync(job.file).size;
		const cuts = [size * 0.2, size * 0.7];
		let reload = size * 0.45, reloaded = 0, cut = 0, requests = 0, sent = 0, broken = 0;

		page.on("request", (r) => {
			requests += r.method() === "PATCH";
		});
		page.on("requestfailed", (r) => {
			broken += !reloading_now && r.method() === "PATCH";
		});
		page.on("response", (r) => {
			if (r.request().method() === "PATCH" && r.status() === 204)
				sent++;
		});
		let reloading_now = false;
		const pull = async () => {
			cut++;
			await context.setOffline(true);
			setTimeout(() => context.setOffline(false).catch(() => {}), AWAY_MS);
		};
		let again;
		const reloading = new Promise((resolve) => { again = resolve; });
		await page.exposeFunction("told", (bytes) => {
			if (cuts.length > 0 && bytes >= cuts[0]) {
				cuts.shift();
				pull();
			} else if (reload && bytes >= reload) {
				reload = 0;
				again(bytes);
			}
		});
		const begin = async () => {
			await page.addScriptTag({ path: client });
			await page.evaluate(() => document.body.append(
				Object.assign(document.createElement("input"), { type: "file" })));
			await page.setInputFiles("input", job.file);
			return page.evaluate(upload, { endpoint: job.base + "/upload/", token: job.token, chunk: CHUNK });
		};
		const first = begin().catch(() => "gone with its page");
		reloaded = await Promise.race([reloading, first]);
		assert(typeof reloaded === "number", `it ended before the page was reloaded: ${JSON.stringify(reloaded)}`);
		reloading_now = true;
		await page.reload();
		await first;
		reloading_now = false;
		const facts = await begin();
		assert(facts.previous === 1, `${facts.previous} uploads found by fingerprint`);
		assert(facts.from >= reloaded, `it began at ${facts.from}, ${reloaded} were there before the reload`);
		assert(cut === 2 && broken >= 2 && facts.failures >= 1, { cut, broken, facts });
		assert(Number(facts.video) > 0, "no X-Video-Id");
		assert(wrong.length === 0, wrong);
		const left = await page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith("tus")));
		assert(left.length === 0, `a fingerprint stays behind: ${left}`);
		console.log(`video ${facts.video}`);
		return `${size >> 20} MiB, ${requests} PATCH requests, ${sent} whole ones, ${broken} broken, continued at ` +
			`${(facts.from / 1048576).toFixed(1)} MiB after the reload`;
	});
});
