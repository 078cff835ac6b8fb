/* player.js - owns the few <video> elements that there are.
 *
 * The invariant: at most POOL of them exist, and only the shown one plays.  Cards give a place (an
 * element) for a clip; the player moves a <video> there, fills it ahead of time for the next clip,
 * and takes it back.  A browser keeps buffers for each <video>, so more would cost memory. */

import { call } from './api.js';
import { changeSettings, session, viewerToken } from './session.js';

const POOL = 4;
const HLS_OVER_MS = 60000;
const REPORT_MS = 10000;
const RETRIES_MS = [1000, 4000]; /* then a person says when */

const free = [];
const used = new Map(); /* place -> { video, clip, hls, tries, retry, failed } */
let made = 0, shown = null, onState = () => {};
let resting = false; /* a person paused the shown clip: only he goes on */

/** f({ place, paused, muted, waiting, failed, time, duration }) whenever something changes; waiting: for bytes. */
export function watchPlayer(f) {
	onState = f;
}

function tell() {
	const at = used.get(shown), v = at?.video;

	if (at)
		onState({ place: shown, paused: v.paused, muted: v.muted, failed: at.failed,
			waiting: !at.failed && !v.paused && v.readyState < HTMLMediaElement.HAVE_FUTURE_DATA,
			time: v.currentTime, duration: v.duration || 0 });
}

function makeVideo() {
	const v = document.createElement('video');

	made++;
	v.playsInline = true;
	v.loop = true;
	v.disablePictureInPicture = true;
	v.tabIndex = -1;
	for (const name of ['play', 'pause', 'volumechange', 'timeupdate', 'loadeddata', 'canplay', 'playing', 'waiting', 'stalled'])
		v.addEventListener(name, () => shown && used.get(shown)?.video === v && tell());
	v.addEventListener('playing', () => v.classList.add('has-picture'));
	return v;
}

/** The file for this device: the smallest one where data is saved, else what the server thinks best. */
export function fileOf(clip) {
	const saver = session().settings.saver || navigator.connection?.saveData;
	const all = clip.renditions || [];

	return saver && all.length ? all[all.length - 1].url : clip.url;
}

/* The clip's one file, from where it stands. */
function fillWithFile(at) {
	const { video, clip } = at, time = video.currentTime;

	if (at.gone)
		return;
	at.hls?.destroy();
	at.hls = null;
	at.failed = false;
	video.onerror = () => broke(at);
	video.src = fileOf(clip);
	video.currentTime = time;
	if (at === used.get(shown))
		start(at);
}

/* In pieces where it is long and the device can; if anything is wrong with them, the file is there, too. */
async function fill(at) {
	const { video, clip } = at, saver = session().settings.saver || navigator.connection?.saveData;

	if (!clip.hlsUrl || saver || clip.durationMs <= HLS_OVER_MS || !window.MediaSource) {
		fillWithFile(at);
		return;
	}
	try {
		const { default: Hls } = await import('hls.js/light');

		if (at.gone)
			return;
		if (!Hls.isSupported())
			throw new Error('no HLS');
		at.hls = new Hls({ enableWorker: false, maxBufferLength: 20, startLevel: 0 });
		at.hls.on(Hls.Events.ERROR, (_, { fatal }) => fatal && at.hls && fillWithFile(at));
		at.hls.loadSource(clip.hlsUrl);
		at.hls.attachMedia(video);
		video.onerror = () => at.hls && fillWithFile(at);
	} catch {
		fillWithFile(at);
	}
}

/* The file did not come, or is none that plays here. */
function broke(at) {
	const wait = RETRIES_MS[at.tries++];

	if (at.gone)
		return;
	if (wait)
		at.retry = setTimeout(() => fillWithFile(at), wait);
	else
		at.failed = true;
	if (at === used.get(shown))
		at.video.onpause?.(); /* nothing is watched meanwhile */
	tell();
}

/** Once more: what could not be played. */
export function playAgain() {
	const at = used.get(shown);

	if (at?.failed) {
		at.tries = 0;
		fillWithFile(at);
		tell();
	}
}

/* Plays, unless nobody looks or a person does not want it. */
async function start(at) {
	const { video } = at;

	if (resting || document.visibilityState !== 'visible')
		return;
	try {
		await video.play();
	} catch (error) {
		/* No sound before the first touch: then without, and the page says so. */
		if (error.name === 'NotAllowedError' && !video.muted) {
			video.muted = true;
			video.play().catch(() => {});
		}
	}
}

function attach(place, clip, preload) {
	let at = used.get(place);

	if (!at || at.clip.id !== clip.id) {
		if (at)
			release(place);
		const video = free.pop() || (made < POOL ? makeVideo() : takeFarthest());

		at = { video, clip, tries: 0 };
		used.set(place, at);
		video.muted = !session().settings.sound;
		video.className = '';
		place.prepend(video);
		video.preload = preload;
		fill(at);
	}
	at.video.preload = preload;
	return at;
}

function release(place) {
	const at = used.get(place);

	if (!at)
		return;
	used.delete(place);
	at.gone = true;
	clearTimeout(at.retry);
	at.video.pause();
	at.video.onerror = null;
	at.hls?.destroy();
	at.video.removeAttribute('src');
	at.video.load();
	at.video.remove();
	free.push(at.video);
}

function takeFarthest() {
	const place = [...used.keys()].find((p) => p !== shown);

	release(place);
	return free.pop();
}

/* ---- what was watched ---- */

let watched = null, waiting = [];

function beginWatch(clip) {
	watched = { video_id: clip.id, watched_ms: 0, began: performance.now(), playing: false };
}

function endWatch() {
	if (!watched)
		return;
	const at = used.get(shown);

	if (watched.playing)
		watched.watched_ms += performance.now() - watched.began;
	if (watched.watched_ms > 500)
		waiting.push({ video_id: watched.video_id, watched_ms: Math.round(watched.watched_ms),
			duration_ms: at?.video.duration ? Math.round(at.video.duration * 1000) : undefined });
	watched = null;
}

async function report(keepalive) {
	const views = waiting.splice(0, 50);

	if (!views.length)
		return;
	try {
		await call('view', { views }, { keepalive });
	} catch (error) {
		/* Kept for the next time, but not for ever. */
		if (error.status === 0 || error.status >= 500)
			waiting = [...views, ...waiting].slice(0, 50);
	}
}

setInterval(() => report(false), REPORT_MS);
addEventListener('online', playAgain);
addEventListener('visibilitychange', () => {
	const at = used.get(shown);

	if (document.visibilityState === 'hidden') {
		endWatch();
		report(true);
		at?.video.pause();
		if (at)
			beginWatch(at.clip);
	} else if (at) {
		start(at);
	}
});

function clockWatch(at) {
	at.video.onplaying = () => {
		if (watched && !watched.playing) {
			watched.playing = true;
			watched.began = performance.now();
		}
	};
	at.video.onpause = at.video.onwaiting = () => {
		if (watched?.playing) {
			watched.watched_ms += performance.now() - watched.began;
			watched.playing = false;
		}
	};
}

/* ---- what screens call ---- */

/**
 * Shows the clip of places[i] ({ place, clip }), has its neighbours ready, and gives back the rest.
 * The one before keeps its picture, as people often go back at once.
 */
export async function show(places, i) {
	const near = places.slice(Math.max(0, i - 1), i + 2);
	const now = places[i], other = shown !== now?.place;

	if (other) {
		endWatch();
		resting = false;
	}
	for (const place of [...used.keys()]) {
		if (!near.some((n) => n.place === place))
			release(place);
	}
	if (!now) {
		shown = null;
		return;
	}
	for (const [place, at] of used) {
		if (place !== now.place)
			at.video.pause();
	}
	shown = now.place;
	const at = attach(now.place, now.clip, 'auto');

	if (!watched) {
		beginWatch(now.clip);
		clockWatch(at);
	}
	/* More rows may have come behind it: what stands still goes on as it is. */
	if (other) {
		at.video.muted = !session().settings.sound;
		if (at.failed)
			playAgain();
		await start(at);
	}
	tell();
	const next = places[i + 1];

	if (next && shown === now.place && !session().settings.saver)
		attach(next.place, next.clip, 'auto');
}

/** Takes everything back: the screen is left. */
export function hideAll() {
	endWatch();
	report(false);
	for (const place of [...used.keys()])
		release(place);
	shown = null;
	resting = false;
}

export function togglePlay() {
	const v = used.get(shown)?.video;

	if (v) {
		resting = !v.paused;
		v.paused ? v.play().catch(() => {}) : v.pause();
	}
	return v ? !v.paused : false;
}

export function toggleSound() {
	const v = used.get(shown)?.video;

	if (!v)
		return;
	const muted = !v.muted;

	/* All, in this one tap: Safari on a phone lets only those sound that a finger unmuted. */
	while (made < POOL)
		free.push(makeVideo());
	for (const each of [...free, ...[...used.values()].map((at) => at.video)])
		each.muted = muted;
	changeSettings({ sound: !muted });
}

export function seek(to) {
	const v = used.get(shown)?.video;

	if (v?.duration)
		v.currentTime = to * v.duration;
}

/** Forwards, or backwards, by so many seconds. */
export function skip(seconds) {
	const v = used.get(shown)?.video;

	if (v?.duration)
		v.currentTime = Math.min(Math.max(0, v.currentTime + seconds), v.duration - 0.1);
}

export const videosAlive = () => made;
export const canReport = () => Boolean(viewerToken());
