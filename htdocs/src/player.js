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

const free = [];
const used = new Map(); /* place -> { video, clip, hls } */
let made = 0, shown = null, onState = () => {};

/** f({ place, paused, muted, waiting }) whenever something changes. */
export function watchPlayer(f) {
	onState = f;
}

function tell() {
	const at = used.get(shown);

	if (at)
		onState({ place: shown, paused: at.video.paused, muted: at.video.muted,
			time: at.video.currentTime, duration: at.video.duration || 0 });
}

function makeVideo() {
	const v = document.createElement('video');

	made++;
	v.playsInline = true;
	v.loop = true;
	v.disablePictureInPicture = true;
	v.tabIndex = -1;
	for (const name of ['play', 'pause', 'volumechange', 'timeupdate', 'loadeddata'])
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

async function fill(at) {
	const { video, clip } = at;

	if (clip.hlsUrl && clip.durationMs > HLS_OVER_MS && window.MediaSource) {
		const { default: Hls } = await import('hls.js/light');

		if (at.gone || !Hls.isSupported())
			return;
		at.hls = new Hls({ enableWorker: false, maxBufferLength: 20, startLevel: 0 });
		at.hls.loadSource(clip.hlsUrl);
		at.hls.attachMedia(video);
		return;
	}
	video.src = fileOf(clip);
}

function attach(place, clip, preload) {
	let at = used.get(place);

	if (!at || at.clip.id !== clip.id) {
		if (at)
			release(place);
		const video = free.pop() || (made < POOL ? makeVideo() : takeFarthest());

		at = { video, clip };
		used.set(place, at);
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
	at.video.pause();
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
addEventListener('visibilitychange', () => {
	if (document.visibilityState === 'hidden') {
		const clip = used.get(shown)?.clip;

		endWatch();
		report(true);
		used.get(shown)?.video.pause();
		if (clip)
			beginWatch(clip);
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
	const now = places[i];

	if (shown !== now?.place)
		endWatch();
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
	at.video.muted = !session().settings.sound;
	try {
		await at.video.play();
	} catch (error) {
		/* No sound before the first touch: then without, and the page says so. */
		if (error.name === 'NotAllowedError' && !at.video.muted) {
			at.video.muted = true;
			at.video.play().catch(() => {});
		}
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
}

export function togglePlay() {
	const v = used.get(shown)?.video;

	if (v)
		v.paused ? v.play().catch(() => {}) : v.pause();
	return v ? !v.paused : false;
}

export function toggleSound() {
	const v = used.get(shown)?.video;

	if (!v)
		return;
	v.muted = !v.muted;
	changeSettings({ sound: !v.muted });
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
