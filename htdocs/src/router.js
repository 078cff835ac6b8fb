/* router.js - addresses.  Clips and people have addresses of their own, /v/ID and /u/NAME, which the
 * server knows, too; every other screen is behind the #. */

import { useEffect, useState } from 'preact/hooks';

const watchers = new Set();

/** { name, arg, params } of the address: the feed is { name: 'feed' }. */
export function where() {
	const clean = location.pathname.match(/^\/(v|u)\/([^/]+)\/?$/);
	const [path, search] = location.hash.replace(/^#\/?/, '').split('?');
	const [name, arg] = path.split('/');
	const params = Object.fromEntries(new URLSearchParams(search || ''));

	if (name)
		return { name, arg: arg && decodeURIComponent(arg), params };
	if (clean)
		return { name: clean[1] === 'v' ? 'clip' : 'user', arg: decodeURIComponent(clean[2]), params };
	return { name: 'feed', params };
}

export const videoPath = (id) => `/v/${id}`;
export const userPath = (name) => `/u/${encodeURIComponent(name)}`;

export function go(path, { replace = false } = {}) {
	const target = path.startsWith('#') ? `/${path}` : path;

	history[replace ? 'replaceState' : 'pushState']({ inside: true }, '', target);
	watchers.forEach((f) => f());
}

/** One step back, or the feed for who came from elsewhere. */
export function back() {
	if (history.state?.inside)
		history.back();
	else
		go('/', { replace: true });
}

export function useRoute() {
	const [route, set] = useState(where);

	useEffect(() => {
		const update = () => set(where());

		watchers.add(update);
		addEventListener('popstate', update);
		return () => {
			watchers.delete(update);
			removeEventListener('popstate', update);
		};
	}, []);
	return route;
}

/* Links within the client do not load the page anew. */
addEventListener('click', (e) => {
	const a = e.target.closest?.('a[href]');

	if (!a || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey ||
	    a.target || a.origin !== location.origin || !/^\/($|#|v\/|u\/)/.test(a.getAttribute('href')))
		return;
	e.preventDefault();
	go(a.getAttribute('href'));
});
