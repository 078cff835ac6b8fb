/* uploads.js - the uploads of this page, whatever screen is shown, and those that it finds begun.
 *
 * The bytes go by tus in pieces, so that a broken line costs one piece; what was begun is found again
 * after the page was loaded anew, by the file itself.  The invariant: a file goes by the token of who
 * chose it, or not at all; who logs out takes his uploads along. */

import { call } from './api.js';
import { language } from './i18n.js';
import { piece, useLayoutEffect, useState } from './lib.js';
import { viewerId, viewerToken, watchSession } from './session.js';
import { t } from './words.js';

const PIECE = 4 * 1024 * 1024;
const ASK_MS = 1500, SLOW_MS = 10000;

export const jobs = [];
const chosen = new Map(); /* by the viewer: [{ id, file, title, description }], not yet sent */
let begun = []; /* what tus keeps of the viewer's uploads that no job is for: { urlStorageKey, metadata, percent } */
let owner = viewerId(), last = 0;
let looking = null; /* what resolves when begun is known */
const watchers = new Set();

function tell(job, change) {
	Object.assign(job, change);
	watchers.forEach((f) => f({}));
}

/** The screen that calls this draws itself anew when something becomes of an upload. */
export function useUploads() {
	const [, update] = useState({});

	/* Before the next event: a file may be chosen at once. */
	useLayoutEffect(() => {
		watchers.add(update);
		look();
		return () => watchers.delete(update);
	}, []);
	return { jobs, begun, files: chosen.get(viewerId()) || [] };
}

/** The viewer's files that are chosen, with the words that go with them: f makes new ones out of what there is. */
export function choose(f) {
	chosen.set(viewerId(), f(chosen.get(viewerId()) || []));
	tell({}, {});
}

/** One of them, with no words yet. */
export const asChosen = (file) => ({ id: ++last, file, title: '', description: '' });

const mark = () => `doufu-${viewerId()}-`;
const fingerprintOf = (file) => mark() + [file.name, file.type, file.size, file.lastModified].join('-');
const isOf = (found, file) => found.urlStorageKey.startsWith(`tus::${fingerprintOf(file)}::`);
const load = () => piece(() => import('tus-js-client'));

/* What became of a clip, until nothing will. */
async function follow(job) {
	while (jobs.includes(job)) {
		let wait = ASK_MS;

		try {
			const { state, percent, reason } = await call('videoStatus', { video_id: job.videoId });

			tell(job, { state, percent, error: reason });
			if (['ready', 'hidden', 'refused'].includes(state))
				return;
			if (state === 'failed') /* which is tried again */
				wait = SLOW_MS;
		} catch (error) {
			tell(job, { error: error.message });
			if (error.status >= 400 && error.status < 500 && error.status !== 429)
				return;
			wait = SLOW_MS;
		}
		await new Promise((done) => setTimeout(done, wait));
	}
}

/* Of what another try may mend: the line, the server, somebody else at the same upload, too many at once. */
function mayRetry(job, error) {
	const status = error.originalResponse?.getStatus() || 0;

	return job.owner === viewerId() && navigator.onLine && (status < 400 || status >= 500 || [409, 423, 429].includes(status));
}

function stopped(job, error) {
	let message = error.message;

	try {
		message = JSON.parse(error.originalResponse.getBody()).message;
	} catch { /* what tus-js-client says must do */ }
	tell(job, { state: 'stopped', error: message, cut: !error.originalResponse });
}

/** Begins an upload, or goes on with it. */
export async function send(job) {
	tell(job, { state: 'uploading', error: '', cut: false });
	try {
		const { Upload } = await load().catch(() => {
			throw new Error(navigator.onLine ? t('no_answer') : t('offline'));
		});
		const upload = new Upload(job.file, {
			endpoint: '/upload/',
			chunkSize: PIECE,
			retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
			onShouldRetry: (error) => mayRetry(job, error),
			fingerprint: async () => job.fingerprint,
			removeFingerprintOnSuccess: true,
			headers: { 'Accept-Language': language() },
			/* The token of now: it changes with the password. */
			onBeforeRequest: (request) => {
				if (job.owner !== viewerId())
					throw new Error(t('state_stopped'));
				request.setHeader('Authorization', `Bearer ${viewerToken()}`);
			},
			metadata: { filename: job.file.name, filetype: job.file.type, title: job.title, description: job.description },
			onProgress: (sent, all) => tell(job, { sent, all }),
			onSuccess: ({ lastResponse }) => {
				tell(job, { state: 'received', percent: 0, videoId: Number(lastResponse.getHeader('X-Video-Id')) });
				follow(job);
			},
			onError: (error) => stopped(job, error),
		});
		const before = await upload.findPreviousUploads();

		if (!jobs.includes(job)) /* taken away, or its owner is gone */
			return;
		if (before.length)
			upload.resumeFromPreviousUpload(before[0]);
		job.upload = upload;
		upload.start();
	} catch (error) {
		stopped(job, error);
	}
}

/** A file of the viewer's with its words. */
export function add(file, title, description) {
	const job = { id: ++last, owner, file, fingerprint: fingerprintOf(file), title, description, state: 'uploading', sent: 0, all: file.size };

	begun = begun.filter((b) => !isOf(b, file));
	jobs.unshift(job);
	send(job);
}

/** Where the upload of this file was begun before, it goes on, with the words that it had; else false. */
export async function goOn(file) {
	await (looking ?? look()); /* whoever is quick chooses it before the server has said what is there */

	const found = begun.find((b) => isOf(b, file));

	if (found)
		add(file, found.metadata.title, found.metadata.description);
	return Boolean(found);
}

/** Takes a job out of the list, and what has come of its bytes from the server. */
export function remove(job) {
	job.upload?.abort(['uploading', 'stopped'].includes(job.state)).catch(() => {});
	jobs.splice(jobs.indexOf(job), 1);
	tell(job, {});
}

/* Asks the server what is there of those that no job is for; what is not is forgotten. */
async function findBegun() {
	if (!viewerId() || !Object.keys(localStorage).some((key) => key.startsWith('tus::')))
		return;
	const mine = `tus::${mark()}`, { defaultOptions: { urlStorage } } = await load();
	const all = (await urlStorage.findAllUploads()).filter((b) => b.urlStorageKey.startsWith(mine) &&
		!jobs.some((job) => isOf(b, job.file)));

	const known = await Promise.all(all.map(async (b) => {
		try {
			const { state, percent } = await call('videoStatus', { upload_id: b.uploadUrl.split('/').pop() });

			if (state === 'uploading')
				return { ...b, percent };
		} catch (error) {
			if (!(error.status >= 400 && error.status < 500))
				return b;
		}
		await urlStorage.removeUpload(b.urlStorageKey);
		return null;
	}));

	if (mine === `tus::${mark()}`) {
		begun = known.filter((b) => b && !jobs.some((job) => isOf(b, job.file)));
		tell({}, {});
	}
}

/* Without tus-js-client nothing goes on. */
function look() {
	looking = findBegun().catch(() => {});
	return looking;
}

/** Forgets what was begun, here and on the server. */
export async function forget(found) {
	const { Upload, defaultOptions } = await load();

	await Upload.terminate(found.uploadUrl, { headers: { Authorization: `Bearer ${viewerToken()}` }, retryDelays: [] }).catch(() => {});
	await defaultOptions.urlStorage.removeUpload(found.urlStorageKey);
	begun = begun.filter((b) => b !== found);
	tell({}, {});
}

/* The line is back: what it stopped goes on. */
addEventListener('online', () => jobs.filter((job) => job.cut && job.state === 'stopped').forEach(send));

/* Whose they were is no longer here: nothing more is sent; the same file goes on when he is back. */
watchSession(() => {
	if (viewerId() === owner)
		return;
	owner = viewerId();
	begun = [];
	looking = null;
	for (const job of jobs.splice(0))
		job.upload?.abort().catch(() => {});
	tell({}, {});
});
