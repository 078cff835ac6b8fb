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
		const cache = await caches.open(SHELL);

		try {
			const reply = await fetch(e.request);

			if (reply.ok && isShell(url))
				await cache.put(url.pathname, reply.clone());
			return reply;
		} catch (error) {
			const kept = await cache.match(page ? '/' : url.pathname);

			if (kept)
				return kept;
			throw error;
		}
	})());
});
