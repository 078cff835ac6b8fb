/* lib.js - what every module needs: html`...`, hooks, numbers and times as people read them. */

import htm from 'htm';
import { h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { language, t } from './i18n.js';

export { Fragment, render } from 'preact';
export { useCallback, useEffect, useErrorBoundary, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

export const html = htm.bind(h);

/** "a b" out of names and { name: condition }. */
export function cls(...names) {
	return names.flatMap((n) => (n && typeof n === 'object'
		? Object.keys(n).filter((k) => n[k]) : n || [])).join(' ');
}

let compact; /* made once: that takes longer than a card */

/** 950, 1.2K / 1.2万 */
export function count(n) {
	if (!(n >= 1000))
		return String(n || 0);
	compact ??= new Intl.NumberFormat(language(), { notation: 'compact', maximumFractionDigits: 1 });
	return compact.format(n);
}

const missed = new Set();

/**
 * A module that load, () => import(...), fetches, also where it did not come before: browsers may remember of
 * an address that it failed as long as the page lives (Chromium 150 does, 156 does not), so from the second
 * failure on it is asked for by another.  Where the error does not say which it was, only a new page helps.
 */
export async function piece(load) {
	try {
		return await load();
	} catch (error) {
		const [address] = /\bhttps?:\S+?\.js\b/.exec(error.message) || [];

		if (!address || !missed.has(address)) {
			missed.add(address);
			throw error;
		}
		return import(`${address}?${Date.now()}`);
	}
}

/** When something with this id was made, in seconds since 1970: the first 31 of an id's 53 bits. */
export const madeAt = (id) => Math.floor(id / 2 ** 22) + 1704067200;

/** Of seconds since 1970. */
export function ago(when) {
	const at = when * 1000;
	const seconds = (Date.now() - at) / 1000;
	const steps = [[60, 'second', 1], [3600, 'minute', 60], [86400, 'hour', 3600],
		[2592000, 'day', 86400], [31536000, 'month', 2592000], [Infinity, 'year', 31536000]];

	if (!Number.isFinite(seconds))
		return '';
	if (seconds < 45)
		return t('just_now');
	const [, unit, size] = steps.find(([limit]) => seconds < limit);
	return new Intl.RelativeTimeFormat(language(), { numeric: 'auto', style: 'narrow' })
		.format(-Math.round(seconds / size), unit);
}

/**
 * A list that grows page by page.  load(cursor) gives { rows, cursor }; a cursor of '' or null is the
 * end.  Anew when one of deps changes.  kept, where given, outlives the screen: what it has of an
 * earlier list is the beginning, and as long as there is a screen it has its change().
 */
export function usePages(load, deps, kept) {
	const [state, set] = useState(kept?.list || { rows: [], cursor: undefined, busy: true, error: null });
	const run = useRef(0), old = useRef(kept?.list);
	const change = (f) => set((s) => ({ ...s, rows: f(s.rows) }));

	if (kept)
		kept.list = state.busy && !state.rows.length ? undefined : { ...state, busy: false };

	const fetchPage = async (cursor, before) => {
		const mine = ++run.current;

		set((s) => ({ ...s, rows: before, busy: true, error: null }));
		try {
			const page = await load(cursor);

			/* Behind the rows as they are now: one may have been liked or removed meanwhile. */
			if (mine === run.current)
				set(({ rows }) => {
					const known = new Set(rows.map((r) => r.id));

					return { rows: [...rows, ...page.rows.filter((r) => !known.has(r.id))],
						cursor: page.cursor || null, busy: false, error: null };
				});
		} catch (error) {
			if (mine === run.current)
				set((s) => ({ ...s, busy: false, error }));
		}
	};

	useEffect(() => {
		if (!kept)
			return undefined;
		kept.change = change;
		return () => { kept.change = null; };
	}, []);
	useEffect(() => {
		if (!old.current)
			fetchPage(undefined, []);
		old.current = null;
		return () => { run.current++; };
	}, deps);

	return {
		...state,
		load,
		more: state.cursor != null,
		next: () => { if (!state.busy && state.cursor != null) fetchPage(state.cursor, state.rows); },
		again: () => fetchPage(state.rows.length && state.cursor != null ? state.cursor : undefined,
			state.cursor != null ? state.rows : []),
		reload: () => fetchPage(undefined, []),
		change,
	};
}

/** What the window's title says of a screen: its text, and whose screen that is. */
export const nameScreen = (text) => { document.title = text ? `${text} - Doufu` : 'Doufu'; };

/** The screen's title, as long as there is one. */
export function useTitle(text) {
	useEffect(() => { if (text) nameScreen(text); }, [text]);
}

/** Calls f while the element behind the returned ref is (nearly) in sight. */
export function useInSight(f) {
	const ref = useRef(null), latest = useRef(f);

	latest.current = f;
	useEffect(() => {
		if (!ref.current)
			return undefined;
		const seen = new IntersectionObserver((e) => e[0].isIntersecting && latest.current(),
			{ rootMargin: '600px' });

		seen.observe(ref.current);
		return () => seen.disconnect();
	});
	return ref;
}
