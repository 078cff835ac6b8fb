/* kept.js - lists as they were left: a step back finds one again, with the place in it.
 *
 * The invariant: what is done anywhere meanwhile (a like, a follow) is so in all of them. */

import { whenDone } from './api.js';
import { useLayoutEffect, useRef, useState } from './lib.js';
import { returned } from './router.js';
import { viewerId } from './session.js';

const MOST = 8;
const left = new Map(); /* the one used last is the last */
let handed = null;

const isReady = (clip) => !clip.state || clip.state === 'ready';

/** A clip of a list of small pictures is about to be opened: its page is to go on with that list. */
export function handOn(pages, clip) {
	const rows = pages.rows.filter(isReady);
	const load = async (cursor) => {
		const found = await pages.load(cursor);

		return { ...found, rows: found.rows.filter(isReady) };
	};

	handed = isReady(clip) ? { id: String(clip.id), load, i: rows.indexOf(clip),
		list: { rows, cursor: pages.cursor, busy: false, error: null } } : null;
}

/**
 * What usePages() takes as kept, for a list that has this address to itself: as it was left, or as it was
 * handed on to this clip (then with load and i, the clip's place in it), or {}.  What else is put into it
 * comes back with it.
 */
export function useList(clipId) {
	const [kept] = useState(() => {
		const key = `${viewerId()} ${location.pathname}${location.search}${location.hash}`;
		const found = (returned() && left.get(key)) || (handed && handed.id === clipId ? handed : {});

		handed = null;
		left.delete(key);
		left.set(key, found);
		if (left.size > MOST)
			left.delete(left.keys().next().value);
		return found;
	});

	return kept;
}

/** [the same, a ref for an element of the list], where the page as a whole is scrolled. */
export function useKept() {
	const ref = useRef(null), kept = useList();

	useLayoutEffect(() => {
		const box = ref.current.closest('.page');
		const note = () => { kept.top = box.scrollTop; };

		if (kept.top)
			box.scrollTop = kept.top;
		box.addEventListener('scroll', note, { passive: true });
		return () => box.removeEventListener('scroll', note);
	}, []);
	return [kept, ref];
}

/** A row with this mark on or off, and counted. */
export const marked = (row, mark, number, on) => (Boolean(row[mark]) === on ? row
	: { ...row, [mark]: on, [number]: Math.max(0, (row[number] || 0) + (on ? 1 : -1)) });

/* A user, or a clip of his, who is followed now, asked ("requested"), or neither ("none"). */
const followed = (row, id, status) => (row.author ? { ...row, author: followed(row.author, id, status) }
	: row.username === undefined || row.id !== id ? row
		: { ...row, isFollow: status === 'following', isRequested: status === 'requested' });

const marks = { like: ['isLike', 'likeCount', true], unlike: ['isLike', 'likeCount', false],
	star: ['isStar', 'starCount', true], unstar: ['isStar', 'starCount', false] };

whenDone((name, params, data) => {
	const change = marks[name] ? (row) => (row.id === params.video_id ? marked(row, ...marks[name]) : row)
		: name === 'share' ? (row) => (row.id === params.video_id ? { ...row, shareCount: data?.shareCount ?? row.shareCount } : row)
		: name === 'follow' ? (row) => followed(row, params.target_user_id, data?.status ?? 'following')
		: name === 'unfollow' ? (row) => followed(row, params.target_user_id, 'none') : null;

	/* One address may have several lists. */
	for (const kept of change ? [...left.values()].flatMap((k) => [k, ...Object.values(k)]) : []) {
		if (kept?.change)
			kept.change((rows) => rows.map(change));
		else if (kept?.list)
			kept.list = { ...kept.list, rows: kept.list.rows.map(change) };
	}
});
