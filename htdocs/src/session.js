/* session.js - who is logged in here, and how this device wants to see things.
 *
 * The one store of the client: change it by the functions below, and who uses useSession() draws
 * itself anew. */

import { useEffect, useState } from 'preact/hooks';

const read = (key, dflt) => {
	try {
		return JSON.parse(localStorage.getItem(key)) ?? dflt;
	} catch {
		return dflt;
	}
};

let state = {
	viewer: read('viewer', null), /* { token, user } */
	settings: { sound: false, theme: 'dark', saver: false, ...read('settings', {}) },
	ended: false, /* the server took the session back: nobody logged out */
	unread: 0, /* messages and notifications */
	toasts: [],
};
const watchers = new Set();

function set(change) {
	state = { ...state, ...change };
	watchers.forEach((f) => f(state));
}

export function useSession() {
	const [s, update] = useState(state);

	useEffect(() => {
		watchers.add(update);
		update(state);
		return () => watchers.delete(update);
	}, []);
	return s;
}

/** For who is no part of the screen: f is called after each change, for good. */
export const watchSession = (f) => watchers.add(f);

export const session = () => state;
export const viewerToken = () => state.viewer?.token;
export const viewerId = () => state.viewer?.user.id || 0;

export function rememberViewer(token, user) {
	set({ viewer: { token, user }, ended: false });
	localStorage.setItem('viewer', JSON.stringify(state.viewer));
}

/** Does nothing where nobody is logged in any more. */
export function changeViewer(user) {
	if (state.viewer)
		rememberViewer(state.viewer.token, { ...state.viewer.user, ...user });
}

export function forgetViewer(ended = false) {
	localStorage.removeItem('viewer');
	set({ viewer: null, ended, unread: 0 });
}

export function changeSettings(change) {
	set({ settings: { ...state.settings, ...change } });
	localStorage.setItem('settings', JSON.stringify(state.settings));
	document.documentElement.dataset.theme = state.settings.theme;
}

export function setUnread(unread) {
	if (unread !== state.unread)
		set({ unread });
}

let toasted = 0;

/** Says something for a few seconds. */
export function toast(text) {
	const id = ++toasted;

	set({ toasts: [...state.toasts.slice(-2), { id, text }] });
	setTimeout(() => set({ toasts: state.toasts.filter((x) => x.id !== id) }), 4000);
}

document.documentElement.dataset.theme = state.settings.theme;
/* Another tab logged in or out. */
addEventListener('storage', (e) => {
	if (e.key === 'viewer')
		set({ viewer: read('viewer', null), ended: false });
});
