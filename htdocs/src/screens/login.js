/* login.js - log in, or make an account: one form.  params.to: what comes then, else the screen before. */

import { call } from '../api.js';
import { ownAddress } from '../gate.js';
import { html, useRef, useState } from '../lib.js';
import { back, go } from '../router.js';
import { rememberViewer } from '../session.js';
import { IconButton, TopBar, attempt } from '../ui.js';
import { t } from '../words.js';
import { takeWanted } from './feed.js';

export function Login({ params }) {
	const [fresh, setFresh] = useState(false), [notice, setNotice] = useState(''), [error, setError] = useState(''), [busy, setBusy] = useState(false);
	const name = useRef(''), to = ownAddress(params.to), [wanted] = useState(takeWanted);
	const leave = () => (to ? go(to, { replace: true }) : back());

	/* What is said of a name goes with it. */
	const type = (e) => {
		name.current = e.target.value.trim();
		setError('');
	};
	/* Before the password is thought of. */
	const look = async () => {
		const username = name.current;

		try {
			if (username && (await call('nameTaken', { username })).exists && username === name.current)
				setError(t('name_taken'));
		} catch { /* the server says it again */ }
	};
	const send = async (e) => {
		const form = new FormData(e.target);

		e.preventDefault();
		setBusy(true);
		setError('');
		try {
			const { user, token, notice: warned } = await call(fresh ? 'register' : 'login',
				{ username: form.get('username').trim(), password: form.get('password') });

			rememberViewer(token, user);
			/* Before the clip is asked for, which says whether it is liked. */
			if (wanted)
				await attempt(() => call(wanted.name, wanted.params));
			if (warned)
				setNotice(warned);
			else
				leave();
		} catch (why) {
			setError(why.message);
		}
		setBusy(false);
	};
	const understood = () => {
		call('updateProfile', { notice }).catch(() => {}); /* else he is told again */
		leave();
	};

	if (notice)
		return html`<main class="page narrow"><${TopBar} title=${t('warned')} /><section class="trouble" role="alert">
			<p>${t('warned_text')}</p><p><strong>${notice}</strong></p>
			<button type="button" class="follow" onClick=${understood}>${t('understood')}</button></section></main>`;
	return html`<main class="page narrow"><${TopBar} title=${fresh ? t('register') : t('login')}>
			<${IconButton} icon="gear" label=${t('settings')} onClick=${() => go('#/settings')} /><//>
		<form class="form" onSubmit=${send}>
			<label>${t('username')}<input name="username" required onInput=${type} onBlur=${fresh ? look : undefined} maxlength="32" autocomplete="username"
				autocapitalize="none" spellcheck=${false} /></label>
			<label>${t('password')}<input name="password" type="password" required minlength=${fresh ? 5 : 1} maxlength="72"
				autocomplete=${fresh ? 'new-password' : 'current-password'} /></label>
			<p class="error" role="alert">${error}</p>
			<button type="submit" class="main" disabled=${busy}>${fresh ? t('register') : t('login')}</button>
			<button type="button" class="plain" onClick=${() => { setFresh(!fresh); setError(''); }}>
				${fresh ? t('have_account') : t('no_account')}</button>
		</form></main>`;
}
