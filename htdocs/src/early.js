/* early.js - asks for the first clips, and for the first one's picture, while the rest of the client is
 * still on its way.  The answer waits in window.early for who asks for the same (api.js).
 *
 * The invariant: it is small, and nothing depends on it: what it does not bring is asked for again. */

import { FIRST_ROWS, posterOf } from './first.js';

/* { toAll, toViewer, clip }: paths, as build.mjs finds them in operations.js. */
/* global FIRST_PATHS */

function tokenOfViewer() {
	try {
		return JSON.parse(localStorage.getItem('viewer'))?.token;
	} catch {
		return undefined;
	}
}

function addressOf(token) {
	const clip = location.pathname.match(/^\/v\/(\d+)\/?$/);

	if (!/^#?\/?$/.test(location.hash))
		return null;
	if (clip)
		return `${FIRST_PATHS.clip}?id=${clip[1]}`;
	return location.pathname === '/' ? `${token ? FIRST_PATHS.toViewer : FIRST_PATHS.toAll}?page_size=${FIRST_ROWS}` : null;
}

async function ask(address, token) {
	try {
		const reply = await fetch(address, { headers: token ? { Authorization: `Bearer ${token}` } : {},
			signal: AbortSignal.timeout(20000) });
		const body = reply.ok ? await reply.json() : null;
		const clip = body && [body.data.videos ?? body.data].flat()[0];

		if (clip) {
			const picture = new Image();

			picture.fetchPriority = 'high';
			picture.src = posterOf(clip);
		}
		return body;
	} catch {
		return null;
	}
}

const token = tokenOfViewer(), address = addressOf(token);

if (address)
	window.early = { address, token, body: ask(address, token) };
