/* moderate.js - for moderators: what is reported, oldest first, what to do about it, and what was done. */

import { call, page } from '../api.js';
import { withViewer } from '../gate.js';
import { ago, html, usePages, useState } from '../lib.js';
import { userPath, videoPath } from '../router.js';
import { ListEnd, Sheet, Tabs, TopBar } from '../ui.js';
import { t } from '../words.js';

const PAGE = 20, DAY_S = 86400, FOR_EVER_S = 4102444800;
const SPANS = [1, 7, 30, 0]; /* days; 0: for ever */
const ACTS = { video: ['hide', 'warn', 'suspend', 'dismiss'], comment: ['hide', 'warn', 'suspend', 'dismiss'],
	message: ['hide', 'warn', 'suspend', 'dismiss'], user: ['warn', 'suspend', 'dismiss'] };

/* Rows with the names of those whose they are, and a key of their own. */
async function named(name, cursor) {
	const { rows, cursor: next } = await page(name, { page_size: PAGE, cursor });
	const ids = [...new Set(rows.flatMap((r) => [r.userId, r.adminId]).filter(Boolean))];
	const users = ids.length ? await call('usersByIds', { ids: ids.join() }) : [];
	const nameOf = (id) => users.find((u) => u.id === id)?.username;

	return { rows: rows.map((r) => ({ ...r, name: nameOf(r.userId), admin: nameOf(r.adminId), thing: r.thingId ?? r.id,
		id: r.thingId ? r.id : `${r.kind} ${r.id}` })), cursor: next };
}

/* Asks for the reason (the user reads it) and does it. */
function Act({ row, act, onClose }) {
	const [error, setError] = useState(''), [busy, setBusy] = useState(false);
	const send = async (e) => {
		const form = new FormData(e.target), days = Number(form.get('span'));
		const until = days ? Math.floor(Date.now() / 1000) + days * DAY_S : FOR_EVER_S;

		e.preventDefault();
		setBusy(true);
		try {
			await call('act', { act, kind: row.kind, id: row.thing, note: form.get('note').trim(), ...(act === 'suspend' ? { until } : {}) });
			onClose(true);
		} catch (why) {
			setError(why.message);
			setBusy(false);
		}
	};

	return html`<${Sheet} title=${t(`act_${act}`)} onClose=${() => onClose(false)}><form class="form" onSubmit=${send}>
		<p>${t(`kind_${row.kind}`)}: <strong class="said">${row.content || row.note}</strong></p>
		${act === 'suspend' && html`<label>${t('suspend_for')}<select name="span">${SPANS.map((n) => html`<option key=${n} value=${n}>
			${n ? t('n_days', { n }) : t('for_ever')}</option>`)}</select></label>`}
		<label>${act === 'warn' || act === 'suspend' ? t('note_to_user') : t('note')}<textarea name="note" maxlength="500" rows="2"
			required=${act === 'warn'} /></label>
		<p class="error" role="alert">${error}</p>
		<button type="submit" class="main" disabled=${busy}>${t(`act_${act}`)}</button></form><//>`;
}

function Who({ name, id }) {
	return name ? html`<a class="plain" href=${userPath(name)}>@${name}</a>` : html`<span>${id || t('admin_command')}</span>`;
}

/* How long ago; the day and the hour for who asks for it. */
function When({ ms }) {
	const at = new Date(ms);

	return html`<time dateTime=${at.toISOString()} title=${at.toLocaleString(document.documentElement.lang)}>${ago(ms / 1000)}</time>`;
}

function Reports() {
	const pages = usePages((cursor) => named('reports', cursor), []), [acting, setActing] = useState(null);

	return html`<ul class="cases">${pages.rows.map((r) => html`<li key=${r.id}>
		<p class="row"><span class="badge">${t(`kind_${r.kind}`)}</span> <${Who} name=${r.name} id=${r.userId} />
			<span class="dim small"><${When} ms=${r.createTimeMs} /> · ${t('n_reports', { n: r.count })}</span></p>
		<p class="said">${r.content}</p>
		<ul class="dim">${r.reasons.map((why) => html`<li key=${why.reason}>${t(`reason_${why.reason}`)} × ${why.count}${why.text && html`: “${why.text}”`}</li>`)}</ul>
		<p class="row">${r.videoId > 0 && html`<a class="follow on" href=${videoPath(r.videoId)}>${t('watch')}</a>`}
			${ACTS[r.kind].map((act) => html`<button key=${act} type="button" class=${act === 'dismiss' ? 'follow on' : 'follow'}
				onClick=${() => setActing({ row: r, act })}>${t(`act_${act}`)}</button>`)}</p></li>`)}
		</ul><${ListEnd} pages=${pages} empty=${t('no_reports')} />
		${acting && html`<${Act} ...${acting} onClose=${(done) => {
			setActing(null);
			if (done)
				pages.change((rows) => rows.filter((r) => r.id !== acting.row.id));
		}} />`}`;
}

function Audit() {
	const pages = usePages((cursor) => named('audit', cursor), []), [acting, setActing] = useState(null);
	/* A suspension is the user's, whatever it was for. */
	const undo = (e) => setActing({ act: 'restore', row: e.act === 'suspend' ? { ...e, kind: 'user', thing: e.userId } : e });

	return html`<ul class="cases">${pages.rows.map((e) => html`<li key=${e.id}>
		<p class="row"><span class="badge quiet">${t(`act_${e.act}`)}</span> ${t(`kind_${e.kind}`)} <${Who} name=${e.name} id=${e.userId} />
			<span class="dim small"><${When} ms=${e.createTimeMs} /> · <${Who} name=${e.admin} id=${e.adminId} /></span></p>
		${e.note && html`<p class="said">${e.note}</p>`}
		${['hide', 'suspend'].includes(e.act) && html`<p class="row"><button type="button" class="follow on" onClick=${() => undo(e)}>${t('act_restore')}</button></p>`}</li>`)}
		</ul><${ListEnd} pages=${pages} empty=${t('nothing_here')} />
		${acting && html`<${Act} ...${acting} onClose=${(done) => {
			setActing(null);
			if (done)
				pages.reload();
		}} />`}`;
}

export const Moderate = withViewer(() => {
	const [tab, choose] = useState('reports');

	return html`<main class="page narrow"><${TopBar} title=${t('moderation')} />
		<${Tabs} label=${t('moderation')} chosen=${tab} onChoose=${choose} tabs=${[['reports', t('reports')], ['audit', t('audit')]]} />
		${tab === 'reports' ? html`<${Reports} />` : html`<${Audit} />`}</main>`;
});
