/* kept.js - lists as they were left: a step back finds one again, with the place in it. */

import { useLayoutEffect, useRef, useState } from './lib.js';
import { returned } from './router.js';
import { viewerId } from './session.js';

const MOST = 8;
const left = new Map(); /* the one used last is the last */

/**
 * [what usePages() takes as kept, a ref for an element of the list], for a list that has this address to
 * itself.  What else is put into the former comes back with it.
 */
export function useKept() {
	const ref = useRef(null), [kept] = useState(() => {
		const key = `${viewerId()} ${location.pathname}${location.search}${location.hash}`;
		const found = (returned() && left.get(key)) || {};

		left.delete(key);
		left.set(key, found);
		if (left.size > MOST)
			left.delete(left.keys().next().value);
		return found;
	});

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
