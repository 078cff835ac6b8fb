// play.mjs - plays every clip and every rung of it as a phone's browser would: the right size, upright,
// the first frame soon, three loops without a stall.
//
// The clips are described in the job file (ring_web in tests/run): for each its rungs, its cover, and
// what was uploaded.  What was uploaded is the witness for "upright" where Chromium plays it itself;
// the cover is, too (its picture is held by a hash elsewhere).  A picture is a witness when it looks
// like no turned or mirrored copy of itself.

import { assert, check, job, open, withBrowser } from "./browser.mjs";

const LOOPS = 3;
const LOOP_S = 2.5; // a longer clip is played faster, up to four times
const FIRST_FRAME_MS = 1000;
const STALL_MS = 250; // of one wait; Chromium also waits some 20 ms where a frame stands for a second
const STALLS_MS = 1000; // of all loops together

// Runs in the page: plays an address and tells what was seen.
function play({ url, loops, loopSeconds, fastest }) {
	const SIDE = 24;
	const video = document.createElement("video");
	const canvas = new OffscreenCanvas(SIDE, SIDE);
	const pen = canvas.getContext("2d", { willReadFrequently: true });
	const seen = { loops: 0, waits: [], frames: [], first_ms: null, moved: 0 };
	let waiting = null, last = -1, picked = -Infinity, playing = false;

	const luma = () => {
		pen.drawImage(video, 0, 0, SIDE, SIDE);
		const p = pen.getImageData(0, 0, SIDE, SIDE).data, out = [];
		for (let i = 0; i < p.length; i += 4)
			out.push(Math.round(0.299 * p[i] + 0.587 * p[i + 1] + 0.114 * p[i + 2]));
		return out;
	};
	const moves = () => {
		if (waiting !== null)
			seen.waits.at(-1).ms = performance.now() - waiting;
		waiting = null;
	};
	document.body.append(video);
	Object.assign(video, { muted: true, playsInline: true, loop: true });
	return new Promise((resolve) => {
		const end = (error) => {
			moves();
			const q = video.getVideoPlaybackQuality();
			Object.assign(seen, { error, width: video.videoWidth, height: video.videoHeight,
				duration: video.duration, decoded: q.totalVideoFrames, dropped: q.droppedVideoFrames,
				rate: video.playbackRate });
			video.remove();
			video.removeAttribute("src");
			video.load();
			resolve(seen);
		};
		const began = performance.now();
		const limit = setTimeout(() => end("it takes too long"), 90000);
		const frame = (now, meta) => {
			if (seen.first_ms === null) {
				seen.first_ms = performance.now() - began;
				video.playbackRate = Math.min(fastest, Math.max(1, video.duration / loopSeconds));
			}
			if (meta.mediaTime < last)
				seen.loops++;
			seen.moved += meta.mediaTime !== last;
			last = meta.mediaTime;
			if (Math.abs(meta.mediaTime - picked) >= video.duration / 24 && seen.frames.length < 60) {
				picked = meta.mediaTime;
				seen.frames.push({ at: meta.mediaTime, luma: luma() });
			}
			if (seen.loops >= loops) {
				clearTimeout(limit);
				end(null);
			} else {
				video.requestVideoFrameCallback(frame);
			}
		};
		video.requestVideoFrameCallback(frame);
		video.addEventListener("playing", () => {
			playing = true;
			moves();
		});
		video.addEventListener("waiting", () => {
			if (!playing)
				return;
			moves();
			seen.waits.push({ at: video.currentTime, ms: 0 });
			waiting = performance.now();
		});
		video.addEventListener("loadedmetadata", () => {
			if (video.videoWidth === 0) { // only its sound is understood
				clearTimeout(limit);
				end("no picture");
			}
		});
		video.addEventListener("error", () => {
			clearTimeout(limit);
			end(`${video.error.code} ${video.error.message}`);
		});
		video.src = url;
		video.play().catch(() => {});
	});
}

// Runs in the page: a picture as the same small grey square.
async function picture(url) {
	const SIDE = 24;
	const image = new Image();
	image.src = url;
	await image.decode();
	const pen = new OffscreenCanvas(SIDE, SIDE).getContext("2d");
	pen.drawImage(image, 0, 0, SIDE, SIDE);
	const p = pen.getImageData(0, 0, SIDE, SIDE).data, out = [];
	for (let i = 0; i < p.length; i += 4)
		out.push(Math.round(0.299 * p[i] + 0.587 * p[i + 1] + 0.114 * p[i + 2]));
	return { luma: out, width: image.naturalWidth, height: image.naturalHeight };
}

function alike(a, b) {
	const mean = (v) => v.reduce((s, x) => s + x, 0) / v.length;
	const ma = mean(a), mb = mean(b);
	let ab = 0, aa = 0, bb = 0;
	for (let i = 0; i < a.length; i++) {
		ab += (a[i] - ma) * (b[i] - mb);
		aa += (a[i] - ma) ** 2;
		bb += (b[i] - mb) ** 2;
	}
	return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

// The seven ways in which a square can lie wrongly.
function turned(v) {
	const n = Math.sqrt(v.length), at = (x, y) => v[y * n + x], m = n - 1;
	const ways = [(x, y) => at(y, m - x), (x, y) => at(m - x, m - y), (x, y) => at(m - y, x),
		(x, y) => at(m - x, y), (x, y) => at(x, m - y), (x, y) => at(y, x), (x, y) => at(m - y, m - x)];
	return ways.map((way) => v.map((_, i) => way(i % n, Math.floor(i / n))));
}

// Whether frames lie as the witness does; the likeness, or null where the witness cannot tell.
function upright(frames, witness) {
	const best = (v) => Math.max(...frames.map((f) => alike(f.luma, v)));
	const wrong = turned(witness);
	if (wrong.some((v) => alike(v, witness) > 0.9))
		return null;
	const right = best(witness), other = Math.max(...wrong.map(best));
	assert(right > 0.8 && right > other, `not upright: ${right.toFixed(2)} like the witness, ` +
		`${other.toFixed(2)} like it turned or mirrored`);
	return right;
}

function stalled(seen) {
	return seen.waits.reduce((sum, w) => sum + w.ms, 0);
}

function good(seen, rung) {
	assert(!seen.error, `${seen.error} ${JSON.stringify({ ...seen, frames: undefined })}`);
	assert(seen.width === rung.width && seen.height === rung.height,
		`${seen.width}x${seen.height} instead of ${rung.width}x${rung.height}`);
	assert(seen.decoded > 0 && seen.moved > 3, `${seen.decoded} frames decoded, ${seen.moved} shown`);
	assert(seen.first_ms < FIRST_FRAME_MS * job.patience, `the first frame after ${seen.first_ms.toFixed(0)} ms`);
	const long = seen.waits.filter((w) => w.ms > STALL_MS * job.patience);
	assert(long.length === 0, `it stalls: ${long.map((w) => `${w.ms.toFixed(0)} ms at ${w.at.toFixed(2)} s`)}`);
	assert(stalled(seen) < STALLS_MS * job.patience, `it stands still for ${stalled(seen).toFixed(0)} ms`);
}

await withBrowser(async (browser) => {
	const firsts = [], stalls = [];
	for (const clip of job.clips) {
		await check(`play ${clip.name}`, async () => {
			const { context, page, wrong } = await open(browser);
			try {
				const began = performance.now();
				const run = (url, fastest) =>
					page.evaluate(play, { url, loops: LOOPS, loopSeconds: LOOP_S, fastest });
				// Large pictures are work for a machine without a graphics card.
				const fastest = clip.rungs.length > 1 ? 2 : 4;
				const all = await Promise.all(clip.rungs.map((r) => run(r.url, fastest)));
				for (const [i, rung] of clip.rungs.entries()) {
					try {
						good(all[i], rung);
					} catch (e) {
						if (all[i].rate === 1 && clip.rungs.length === 1)
							throw e;
						// Faster and side by side is more than is promised: alone, as it is meant.
						console.log(`   ${clip.name} ${rung.width}x${rung.height}: ${e.message}; once more at 1x`);
						all[i] = await run(rung.url, 1);
						good(all[i], rung);
					}
				}
				const cover = await page.evaluate(picture, clip.cover);
				const shape = clip.rungs[0].width / clip.rungs[0].height;
				assert(Math.abs(cover.width / cover.height / shape - 1) < 0.02,
					`the cover is ${cover.width}x${cover.height}`);
				let witnesses = [all.map((seen) => upright(seen.frames, cover.luma))];
				if (clip.upload) {
					await context.route("**/web-test-upload", (route) => route.fulfill({ path: clip.upload,
						contentType: clip.upload.endsWith(".mkv") ? "video/x-matroska" : "video/mp4" }));
					const came = await page.evaluate(play, { url: "/web-test-upload", loops: 1, loopSeconds: 1, fastest });
					if (!came.error) {
						// A frame of the middle, so that a black beginning is no witness.
						const middle = came.frames[Math.floor(came.frames.length / 2)];
						witnesses.push(all.map((seen) => upright(seen.frames, middle.luma)));
						assert(Math.abs(came.width / came.height / shape - 1) < 0.02 || clip.reshaped,
							`what came is shown as ${came.width}x${came.height}`);
					}
				}
				witnesses = witnesses.flat();
				assert(!clip.turned || witnesses.some((x) => x !== null), "nothing tells whether it is upright");
				assert(wrong.length === 0, wrong);
				firsts.push(...all.map((s) => s.first_ms));
				stalls.push(...all.map(stalled));
				return all.map((s) => `${s.width}x${s.height} first frame ${s.first_ms.toFixed(0)} ms, ` +
					`${s.decoded} frames (${s.dropped} dropped) at ${s.rate.toFixed(1)}x, ` +
					`${s.waits.length} waits ${stalled(s).toFixed(0)} ms`).join("; ") +
					`; like the witnesses ${witnesses.map((x) => x === null ? "-" : x.toFixed(2))}; ` +
					`${((performance.now() - began) / 1000).toFixed(0)} s`;
			} finally {
				await context.close();
			}
		});
	}
	if (firsts.length > 0) {
		firsts.sort((a, b) => a - b);
		console.log(`   first frame: median ${firsts[firsts.length >> 1].toFixed(0)} ms, ` +
			`longest ${firsts.at(-1).toFixed(0)} ms; longest standstill ${Math.max(...stalls).toFixed(0)} ms`);
	}
});
