/* gate.js - screens that need an account, the way to the log-in, and the way back from there. */

import { html, useEffect } from './lib.js';
import { go } from './router.js';
import { useSession } from './session.js';

/* In the screen's place, so that a step back is to where one came from. */
function ToLogin() {
	useEffect(() => {
		go(`#/login?to=${encodeURIComponent(location.pathname + location.search + location.hash)}`, { replace: true });
	}, []);
	return null;
}

/** The screen for who is logged in, anew for each account; to others the log-in, which leads to it. */
export function withViewer(Screen) {
	return function Gate(props) {
		const { viewer } = useSession();

		return viewer ? html`<${Screen} key=${viewer.user.id} ...${props} />` : html`<${ToLogin} />`;
	};
}

/** An address of this client, or '': what others put into a link leads nowhere else. */
export function ownAddress(to) {
	try {
		return /^[/#]/.test(to) && new URL(to, location.origin).origin === location.origin ? to : '';
	} catch {
		return '';
	}
}
