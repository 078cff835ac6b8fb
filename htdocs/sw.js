/* sw.js - the offline shell: the client's own files from the network, and from the cache when there is
 * none.  Clips, covers and data are never kept here.
 *
 * build.mjs fills in BUILD: { hash, files }, of what the first screen needs; another build is another
 * cache. */

/* global BUILD */
const SHELL = `shell-${BUILD.hash}`;
const FIRST = ['/', ...BUILD.files, '/app.webmanifest', '/img/icon.png', '/img/avatar.png'];

addEventListener('install', (e) => {
	e.waitUntil(caches.open(SHELL).then((c) => c.addAll(FIRST)).then(() => self.skipWaiting()));
});

addEventListener('activate', (e) => {
	e.waitUntil(caches.keys().then((keys) => Promise.all(keys.filter((k) => k !== SHELL).map((k) => caches.delete(k))))
		.then(() => self.clients.claim()));
});

const isShell = (url) => url.origin === location.origin && /^\/($|app\/|app\.webmanifest$|img\/)/.test(url.pathname);

addEventListener('fetch', (e) => {
	const url = new URL(e.request.url), page = e.request.mode === 'navigate';

	if (e.request.method !== 'GET' || !(isShell(url) || (page && url.origin === location.origin)))
		return;
	e.respondWith((async () => {
		let reply;

		try {
			reply = await fetch(e.request);
		} catch (error) {
			const kept = await caches.match(page ? '/' : url.pathname, { cacheName: SHELL }).catch(() => null);

			if (kept)
				return kept;
			throw error;
		}
		/* Beside the answer: the page neither waits for it nor fails with it, on a full disk. */
		if (reply.ok && isShell(url)) {
			const copy = reply.clone();

			e.waitUntil(caches.open(SHELL).then((c) => c.put(url.pathname, copy)).catch(() => {}));
		}
		return reply;
	})());
});
