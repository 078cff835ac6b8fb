/* account.js - the part of the settings that is about the account: who sees it, whom one does not want
 * to see, what is stored about oneself, and the end of it. */

import { call, page } from '../api.js';
import { ago, html, useEffect, usePages, useState } from '../lib.js';
import { go } from '../router.js';
import { changeViewer, forgetViewer, rememberViewer, session, toast, useSession, viewerId, viewerToken } from '../session.js';
import { Icon, IconButton, ListEnd, Sheet, attempt } from '../ui.js';
import { t } from '../words.js';
import { People } from './profile.js';
import { Report } from './report.js';
import { Rules } from './rules.js';

/* Undone, and done again. */
function undo(on, off, texts) {
	return function Undo({ user }) {
		const [gone, set] = useState(false);
		const click = async () => {
			if (await attempt(() => call(gone ? on : off, { target_user_id: user.id })))
				set(!gone);
		};

		return html`<button type="button" class=${gone ? 'follow' : 'follow on'} onClick=${click}>${gone ? t(texts[0]) : t(texts[1])}</button>`;
	};
}

const Unblock = undo('block', 'unblock', ['block', 'unblock']);
const Unmute = undo('mute', 'unmute', ['mute_person', 'unmute_person']);

/* His page is not there any more, so he is reported here. */
function Blocked({ user }) {
	const [report, setReport] = useState(false);

	return html`<${IconButton} icon="flag" label=${t('report')} onClick=${() => setReport(true)} /><${Unblock} user=${user} />
		${report && html`<${Report} kind="user" id=${user.id} onClose=${() => setReport(false)} />`}`;
}

/* "Chrome · Linux" out of what a browser calls itself; others as they do. */
function clientName(client) {
	const browser = client.match(/(Edg|OPR|Firefox|Chrome|Safari)[/\w]*/), system = client.match(/Android|iPhone|iPad|Windows|Mac OS X|Linux/);
	const names = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' };

	return browser && system ? [browser[1], system[0]].map((n) => names[n] || n).join(' · ') : client || t('unknown_client');
}

/** Forgets this log-in at once, and ends it on the server whenever that answers. */
export async function logOut() {
	const as = { token: viewerToken(), keepalive: true };

	forgetViewer();
	try {
		const own = (await call('sessions', {}, as)).find((s) => s.current);

		if (own)
			await call('endSession', { session_id: own.id }, as);
	} catch { /* without a network the token ends with its time */ }
}

/* Where one is logged in; the ends of these. */
function Sessions({ onClose }) {
	const pages = usePages(() => page('sessions', {}), []);
	const end = (s) => attempt(async () => {
		await endAs({ session_id: s.id });
		pages.change((rows) => rows.filter((x) => x.id !== s.id));
	});
	const endOthers = () => confirm(t('sessions_end_sure')) && attempt(async () => {
		await endAs({ others: true });
		pages.change((rows) => rows.filter((x) => x.current));
	});

	return html`<${Sheet} title=${t('sessions')} onClose=${onClose}><div class="people"><ul>
		${pages.rows.map((s) => html`<li key=${s.id} class="user-row"><div class="grow"><strong title=${s.client}>${clientName(s.client)}</strong>
			<span class="dim small">${ago(s.createTime)}</span></div>${s.current ? html`<span class="badge quiet">${t('this_device')}</span>`
			: html`<button type="button" class="follow on" onClick=${() => end(s)}>${t('logout')}</button>`}</li>`)}
		</ul><${ListEnd} pages=${pages} empty=${t('nothing_here')} /></div>
		${pages.rows.length > 1 && html`<div class="form"><button type="button" class="main" onClick=${endOthers}>${t('sessions_end')}</button></div>`}<//>`;
}

/* The token in use may be replaced. */
async function endAs(params) {
	const { token } = await call('endSession', params) || {};

	if (token)
		rememberViewer(token, session().viewer.user);
}

const ASK_MS = 2000;

/* A file of all that is stored; it is being made, there, too old, or was never asked for. */
function Export({ onClose }) {
	const [file, set] = useState(null), [error, setError] = useState('');
	const ask = async (operation) => {
		try {
			set(await call(operation));
			setError('');
		} catch (why) {
			if (operation === 'exportState' && why.status === 400)
				set({ state: 'none' });
			else
				setError(why.message);
		}
	};

	useEffect(() => { ask('exportState'); }, []);
	useEffect(() => {
		const timer = file?.state === 'making' ? setTimeout(() => ask('exportState'), ASK_MS) : 0;

		return () => clearTimeout(timer);
	}, [file]);
	return html`<${Sheet} title=${t('export')} onClose=${onClose}><div class="form">
		<p>${t('export_text')}</p>
		<div class="outcome">
			${file && html`<p role="status">${file.state === 'making' && html`<span class="spinner small" /> `}${t(`export_${file.state}`)}</p>`}
			${file?.state === 'ready' && html`<a class="main" href=${file.url} download="doufu.tar">${t('export_get', { size: (file.bytes / 1e6).toFixed(1) })}</a>
				<p class="dim small">${t('export_until', { day: new Date(file.expireTime * 1000).toLocaleDateString(document.documentElement.lang) })}</p>`}
			<p class="error" role="alert">${error}</p>
			${file && file.state !== 'making' && html`<button type="button" class=${file.state === 'ready' ? 'follow on' : 'main'}
				onClick=${() => ask('exportAsk')}>${t('export_ask')}</button>`}</div></div><//>`;
}

/* The name is typed, so that nobody does it by a slip of the finger. */
function Leave({ name, onClose }) {
	const [typed, type] = useState(''), [error, setError] = useState('');
	const leave = async (e) => {
		const password = new FormData(e.target).get('password');

		e.preventDefault();
		try {
			await call('deleteAccount', { password });
			forgetViewer();
			toast(t('leave_done'));
			go('/');
		} catch (why) {
			setError(why.message);
		}
	};

	return html`<${Sheet} title=${t('leave')} onClose=${onClose}><form class="form" onSubmit=${leave}>
		<p class="danger"><strong>${t('leave_warning')}</strong></p><p>${t('leave_back')}</p>
		<label>${t('password')}<input type="password" name="password" required maxlength="72" autocomplete="current-password" /></label>
		<label>${t('leave_type', { name })}<input value=${typed} onInput=${(e) => type(e.target.value)} autocapitalize="none"
			autocomplete="off" spellcheck=${false} /></label>
		<p class="error" role="alert">${error}</p>
		<button type="submit" class="main" disabled=${typed !== name}>${t('leave_now')}</button></form><//>`;
}

export function Account() {
	const { viewer } = useSession(), [sheet, setSheet] = useState(''), [me, set] = useState(null);
	const close = () => setSheet('');

	useEffect(() => {
		call('profile').then((user) => {
			set(user);
			if (user.id === viewerId())
				changeViewer({ isPrivate: Boolean(user.isPrivate) });
		}, () => {});
	}, [viewer.user.id]);
	const privacy = async (e) => {
		const on = e.target.checked;

		if (await attempt(() => call('setPrivacy', { private: on })))
			changeViewer({ isPrivate: on });
		else
			e.target.checked = !on;
		set({ ...me, isPrivate: on });
	};
	const rows = [['blocks', t('blocked')], ['mutes', t('muted')], ['rules', t('rule_title')], ['sessions', t('sessions')], ['export', t('export')]];

	return html`<section class="account"><h2>${t('account')}</h2>
		<label class="check"><input type="checkbox" disabled=${!me} checked=${Boolean(viewer.user.isPrivate)} onChange=${privacy} />
			<span>${t('private_account')}<span class="dim small">${t('private_about')}</span></span></label>
		<ul class="menu">${rows.map(([key, text]) => html`<li key=${key}><button type="button" onClick=${() => setSheet(key)}>${text}</button></li>`)}
			${me?.isAdmin && html`<li><a href="/#/moderate"><${Icon} name="flag" size="18" /> ${t('moderation')}</a></li>`}
			<li><button type="button" class="danger" onClick=${() => setSheet('leave')}>${t('leave')}</button></li></ul>
		${sheet === 'blocks' && html`<${People} title=${t('blocked')} name="blocks" action=${Blocked} empty=${t('no_blocks')} onClose=${close} />`}
		${sheet === 'mutes' && html`<${People} title=${t('muted')} name="mutes" action=${Unmute} empty=${t('no_mutes')} onClose=${close} />`}
		${sheet === 'rules' && html`<${Rules} onClose=${close} />`}
		${sheet === 'sessions' && html`<${Sessions} onClose=${close} />`}
		${sheet === 'export' && html`<${Export} onClose=${close} />`}
		${sheet === 'leave' && html`<${Leave} name=${viewer.user.username} onClose=${close} />`}</section>`;
}
