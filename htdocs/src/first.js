/* first.js - what the first screen asks for, in the words in which early.js and the feed both ask. */

/** Clips in the feed's first page: few, so that they are here soon. */
export const FIRST_ROWS = 5;

/** The picture in the place of a clip until its first frame is there: a small one, here soon. */
export const posterOf = (clip) =>
	clip.covers?.filter((c) => c.type === 'image/webp').at(-1)?.url ?? clip.coverUrl;
