/* lists.js - the lists of clips that screens leave behind: a step back finds them, and the place in them,
 * as they were.
 *
 * The invariant: what is done elsewhere meanwhile (a like, a follow) is so in them, too. */

import { whenDone } from './api.js';
import { useState } from './lib.js';
import { returned } from './router.js';
import { viewerId } from './session.js';

const MOST = 8;

/* Whose, and which screen's -> { list, i, ... }: of usePages(), and the place; the one used last is last. */
const lists = new Map();
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

/** What this screen left here, or what was handed on to clip id, or {}: the screen writes into it. */
export function useKept(id) {
	const [mine] = useState(() => {
		const key = `${viewerId()} ${location.pathname}`;
		const kept = (returned() && lists.get(key)) || (handed && handed.id === id ? handed : {});

		handed = null;
		lists.delete(key);
		lists.set(key, kept);
		if (lists.size > MOST)
			lists.delete(lists.keys().next().value);
		return kept;
	});

	return mine;
}

/** A row with this mark on or off, and counted. */
export const marked = (row, mark, number, on) => (Boolean(row[mark]) === on ? row
	: { ...row, [mark]: on, [number]: Math.max(0, (row[number] || 0) + (on ? 1 : -1)) });

/** A row whose author is followed, asked ("requested") or neither ("none"). */
export const followed = (row, id, status) => (row.author?.id !== id ? row
	: { ...row, author: { ...row.author, isFollow: status === 'following', isRequested: status === 'requested' } });

const marks = { like: ['isLike', 'likeCount', true], unlike: ['isLike', 'likeCount', false],
	star: ['isStar', 'starCount', true], unstar: ['isStar', 'starCount', false] };

whenDone((name, params, data) => {
	const change = marks[name] ? (row) => (row.id === params.video_id ? marked(row, ...marks[name]) : row)
		: name === 'follow' ? (row) => followed(row, params.target_user_id, data?.status ?? 'following')
		: name === 'unfollow' ? (row) => followed(row, params.target_user_id, 'none') : null;

	for (const kept of change ? lists.values() : []) {
		if (kept.list)
			kept.list = { ...kept.list, rows: kept.list.rows.map(change) };
	}
});
