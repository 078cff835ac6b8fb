/* router.js - addresses.  Clips and people have addresses of their own, /v/ID and /u/NAME, which the
 * server knows, too; every other screen is behind the #. */

import { useLayoutEffect, useRef, useState } from 'preact/hooks';

const watchers = new Set();
const pressed = new Set();
const sheets = []; /* what each open sheet does to close, the topmost last */
let stepped = false; /* here by the browser's own back or forward */
let leaving = false; /* a step back is under way that nobody asked for */

/* A person may have typed it. */
function decoded(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return null;
	}
}

/** { name, arg, params } of the address: the feed is { name: 'feed' }, and what no address of ours is has no name. */
export function where() {
	const clean = location.pathname.match(/^\/(v|u)\/([^/]+)\/?$/);
	const [path, search] = location.hash.replace(/^#\/?/, '').split('?');
	const [name, arg] = path.split('/');
	const params = Object.fromEntries(new URLSearchParams(search || location.search));

	const found = name ? { name, arg: arg && decoded(arg) }
		: clean ? { name: clean[1] === 'v' ? 'clip' : 'user', arg: decoded(clean[2]) } : { name: 'feed' };

	return { ...found, name: found.arg === null ? '' : found.name, params };
}

export const videoPath = (id) => `/v/${id}`;
export const userPath = (name) => `/u/${encodeURIComponent(name)}`;

export function go(path, { replace = false } = {}) {
	const target = path.startsWith('#') ? `/${path}` : path;

	if (leaving) {
		addEventListener('popstate', () => go(path, { replace }), { once: true });
		return;
	}
	stepped = false;
	if (new URL(target, location.href).href === location.href) {
		pressed.forEach((f) => f.current());
		watchers.forEach((f) => f());
		return;
	}
	/* What a sheet leads to stands in the sheet's place: a step back is to the screen below it. */
	/* In the place of the first screen stands the first screen. */
	history[replace || history.state?.sheet ? 'replaceState' : 'pushState'](
		{ inside: !replace || Boolean(history.state?.inside) }, '', target);
	watchers.forEach((f) => f());
}

/** f is called where the way to this screen is taken once more: what it shows is to come anew. */
export function useAgain(f) {
	const latest = useRef(f);

	latest.current = f;
	useLayoutEffect(() => {
		pressed.add(latest);
		return () => pressed.delete(latest);
	}, []);
}

/** Whether this screen was come to by a step through the history: then it is as it was left. */
export const returned = () => stepped;

/** One step back, or the feed for who came from elsewhere. */
export function back() {
	if (history.state?.inside)
		history.back();
	else
		go('/', { replace: true });
}

/**
 * A sheet is open: a step back closes the topmost one and leaves the screen.  close() says false where it
 * stays.  Returns what to call when it is closed.
 */
export function overlay(close) {
	const mark = () => history.state?.sheet || history.pushState({ inside: true, sheet: true }, '');
	const me = { close, mark };

	sheets.push(me);
	mark();
	return () => {
		sheets.splice(sheets.indexOf(me), 1);
		/* Another one may come in its place. */
		setTimeout(() => {
			if (!sheets.length && history.state?.sheet) {
				leaving = true;
				history.back();
			}
		});
	};
}

addEventListener('popstate', () => {
	const own = leaving;

	stepped = true;
	leaving = false;
	if (!sheets.length || history.state?.sheet)
		return;
	if (own || sheets.length > 1)
		sheets[0].mark();
	if (!own && sheets.at(-1).close() === false)
		sheets[0].mark();
});

/* Loaded anew under an open sheet, which is gone. */
if (history.state?.sheet)
	history.replaceState({ inside: true }, '');

export function useRoute() {
	const [route, set] = useState(where);

	/* Before the next event: a step may come at once. */
	useLayoutEffect(() => {
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
