/* drafts.js - words that were begun and not sent: a step elsewhere and back finds them again.
 *
 * The invariant: they are of who typed them; nobody else who logs in here sees or sends them. */

import { useLayoutEffect, useState } from './lib.js';
import { viewerId } from './session.js';

const drafts = new Map();
const watchers = new Set();

/** [text, write] of what the viewer writes there; write takes a text or what makes one out of that, also late. */
export function useDraft(where) {
	const key = `${viewerId()} ${where}`, [, update] = useState({}), text = drafts.get(key) || '';

	useLayoutEffect(() => { /* before the next event */
		watchers.add(update);
		return () => watchers.delete(update);
	}, []);
	return [text, (to) => {
		drafts.set(key, typeof to === 'function' ? to(drafts.get(key) || '') : to);
		watchers.forEach((f) => f({}));
	}];
}
