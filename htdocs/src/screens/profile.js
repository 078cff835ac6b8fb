/* profile.js - a person's page, and one's own. */

import { call, page } from '../api.js';
import { useKept } from '../kept.js';
import { count, html, usePages, useEffect, useState } from '../lib.js';
import { changeViewer, rememberViewer, session, toast, useSession, viewerId } from '../session.js';
import { Avatar, Grid, IconButton, ListEnd, Menu, Sheet, Tabs, TopBar, Trouble, UserRow, attempt } from '../ui.js';
import { go, userPath } from '../router.js';
import { t } from '../words.js';
import { EditClip } from './edit.js';
import { needLogin, orDone } from './feed.js';
import { Report } from './report.js';

const PAGE = 30;

function paged(name, params) {
	return (cursor) => page(name, { ...params, page_size: PAGE, cursor }, 'videos');
}

export function People({ title, name, params = {}, onClose, action = FollowButton, empty = t('nobody') }) {
	const pages = usePages(paged(name, params), [name]);

	return html`<${Sheet} title=${title} onClose=${onClose}><div class="people"><ul>
		${pages.rows.map((u) => html`<${UserRow} key=${u.id} user=${u}><${action} user=${u} /><//>`)}
		</ul><${ListEnd} pages=${pages} empty=${empty} /></div><//>`;
}

/* What is between the viewer and users, asked once for all that a screen shows. */
let asking = null;

function relationOf(id) {
	if (!asking) {
		const ids = [];

		asking = { ids, rows: new Promise((done, fail) => {
			setTimeout(() => {
				asking = null;
				call('relations', { ids: ids.join() }).then(done, fail);
			});
		}) };
	}
	asking.ids.push(id);
	return asking.rows.then((rows) => rows.find((r) => r.userId === id));
}

export function FollowButton({ user, onChange }) {
	const [is, set] = useState(user.isFollow ? 'following' : 'none');
	const on = is !== 'none';

	useEffect(() => {
		set(user.isFollow ? 'following' : 'none');
		if (user.isPrivate && !user.isFollow && viewerId() && user.id !== viewerId())
			relationOf(user.id).then((r) => r?.isRequested && set('requested'), () => {});
	}, [user.id, user.isFollow, user.isPrivate]);
	if (user.id === viewerId())
		return null;
	const click = async () => {
		const act = [on ? 'unfollow' : 'follow', { target_user_id: user.id }];

		if (needLogin(null, ...act))
			return;
		await attempt(async () => {
			const { status } = await call(...act)
				.catch(orDone({ status: on ? 'none' : 'following' }));

			set(status);
			onChange?.(status);
		});
	};
	return html`<button type="button" class=${on ? 'follow on' : 'follow'} aria-pressed=${on ? 'true' : 'false'}
		onClick=${click}>${is === 'following' ? t('followed') : on ? t('requested') : t('follow')}</button>`;
}

function Edit({ user, onClose }) {
	const [error, setError] = useState(''), [busy, setBusy] = useState(false);

	const save = async (e) => {
		const form = new FormData(e.target), avatar = form.get('avatar'), file = e.target.elements.avatar;

		e.preventDefault();
		if (busy)
			return;
		setBusy(true);
		try {
			const changes = { about: form.get('about') };

			/* The password comes last: the old one is wrong for another try. */
			if (avatar?.size) {
				await call('setAvatar', { avatar });
				file.value = '';
				toast(t('avatar_soon'));
			}

			if (form.get('new_password'))
				Object.assign(changes, { old_password: form.get('old_password'), new_password: form.get('new_password') });
			const { token } = await call('updateProfile', changes) || {};

			if (token)
				rememberViewer(token, session().viewer.user);
			changeViewer({ about: changes.about });
			onClose(true);
		} catch (why) {
			setError(why.message);
			setBusy(false);
		}
	};
	return html`<${Sheet} title=${t('edit_profile')} ask=${t('discard_sure')} onClose=${() => onClose(false)}>
		<form class="form" onSubmit=${save}>
			<label>${t('avatar')}<input type="file" name="avatar" accept="image/jpeg,image/png,image/webp" /></label>
			<label>${t('about')}<textarea name="about" maxlength="300" rows="3">${user.about}</textarea></label>
			<fieldset><legend>${t('change_password')}</legend>
				<label>${t('old_password')}<input type="password" name="old_password" autocomplete="current-password" /></label>
				<label>${t('new_password')}<input type="password" name="new_password" autocomplete="new-password" minlength="5" maxlength="72" /></label>
			</fieldset>
			<p class="error" role="alert">${error}</p>
			<button type="submit" class="main" disabled=${busy}>${t('save')}</button>
		</form><//>`;
}

/* What one can do about somebody else: not hear of him, not be seen by him, tell the moderators. */
function Others({ user, onClose }) {
	const [muted, set] = useState(null), [report, setReport] = useState(false);
	const { id, username: name } = user;

	useEffect(() => {
		if (viewerId())
			relationOf(id).then((r) => set(Boolean(r?.isMuted)), () => set(false));
	}, [id]);
	const mute = async () => {
		if (!needLogin() && await attempt(() => call(muted ? 'unmute' : 'mute', { target_user_id: id }))) {
			toast(muted ? t('unmuted_now', { name }) : t('muted_now', { name }));
			onClose();
		}
	};
	const block = async () => {
		if (!needLogin() && confirm(t('block_sure', { name })) &&
		    await attempt(() => call('block', { target_user_id: id }))) {
			toast(t('blocked_now', { name }));
			go('/');
		}
	};

	if (report)
		return html`<${Report} kind="user" id=${id} onClose=${onClose} />`;
	return html`<${Menu} title=${t('more')} onClose=${onClose} items=${[
		['mute', muted ? t('unmute_name', { name }) : t('mute_name', { name }), mute],
		['block', t('block_name', { name }), block],
		['report', t('report'), () => needLogin() || setReport(true), true],
	]} />`;
}

/* The clips of one tab. */
function Clips({ user, own, tab }) {
	const [kept, ref] = useKept(), [edited, setEdited] = useState(null);
	const lists = {
		works: ['userVideos', { user_id: user.id }],
		likes: ['likedVideos', { user_id: user.id }],
		stars: ['stars', {}],
		history: ['history', {}],
	};
	const pages = usePages(paged(...lists[tab]), [user.isFollow], kept);

	return html`<div ref=${ref}>
		${tab === 'history' && pages.rows.length > 0 && html`<p class="notice"><button type="button" class="plain" onClick=${async () => {
			if (confirm(t('clear_history_sure')) && await attempt(() => call('clearHistory', {})))
				pages.reload();
		}}>${t('clear_history')}</button></p>`}
		<${Grid} pages=${pages} empty=${user.isPrivate && !own && !user.isFollow ? t('private_text') : t('nothing_here')} onEdit=${own && tab === 'works' ? setEdited : undefined} />
		${edited && html`<${EditClip} clip=${edited} onClose=${(change) => {
			setEdited(null);
			if (change === 'gone')
				pages.change((rows) => rows.filter((v) => v.id !== edited.id));
			else if (change)
				pages.change((rows) => rows.map((v) => (v.id === edited.id ? { ...v, ...change } : v)));
		}} />`}</div>`;
}

/* What a moderator warned of. */
function Warning({ notice, onRead }) {
	const read = async () => {
		if (await attempt(() => call('updateProfile', { notice })))
			onRead();
	};

	return html`<section class="trouble" role="alert"><p>${t('warned_text')}</p><p><strong>${notice}</strong></p>
		<button type="button" class="follow" onClick=${read}>${t('understood')}</button></section>`;
}

function Profile({ user, own, tab: wanted, reload }) {
	const [sheet, setSheet] = useState(null), [stats, setStats] = useState(null);

	useEffect(() => {
		call('userStats', { user_id: user.id }).then(setStats, () => {});
	}, [user]);
	const tabs = [['works', t('works')], ['likes', t('likes')],
		...(own ? [['stars', t('bookmarks')], ['history', t('history')]] : [])];
	const tab = tabs.some(([key]) => key === wanted) ? wanted : 'works';

	return html`<main class="page"><${TopBar} title=${user.username}>
			${own && html`<${IconButton} icon="gear" label=${t('settings')} onClick=${() => go('#/settings')} />`}<//>
		${own && user.notice && html`<${Warning} notice=${user.notice} onRead=${reload} />`}
		<section class="profile">
			<${Avatar} user=${user} size="96" />
			<div class="grow"><h2>${user.username}${user.isPrivate && html` <span class="badge quiet">${t('private')}</span>`}</h2><p class="dim about">${user.about || (own ? t('no_about') : '')}</p></div>
			<dl class="numbers">
				${[['following', user.followCount], ['followers', user.followerCount], ...(own ? [['friends', stats?.friendCount]] : [])]
					.map(([list, n]) => html`<div key=${list}><dt>${t(list)}</dt><dd><button type="button" class="plain"
						onClick=${() => needLogin() || setSheet(list)}>${count(n)}</button></dd></div>`)}
				<div><dt>${t('likes_received')}</dt><dd>${count(stats?.totalLikesReceived)}</dd></div>
			</dl>
			<div class="row">${own ? html`<button type="button" class="follow on" onClick=${() => setSheet('edit')}>${t('edit_profile')}</button>`
				: html`<${FollowButton} user=${user} onChange=${reload} />
				<button type="button" class="follow on" onClick=${() => needLogin() || go(`#/chat/${encodeURIComponent(user.username)}`)}>${t('message')}</button>
				<${IconButton} icon="more" label=${t('more_on', { name: user.username })} onClick=${() => setSheet('others')} />`}</div>
		</section>
		<${Tabs} tabs=${tabs} chosen=${tab} label=${t('clips')}
			onChoose=${(key) => go(`${userPath(user.username)}?tab=${key}`, { replace: true })} />
		<${Clips} key=${tab} user=${user} own=${own} tab=${tab} />
		${['following', 'followers', 'friends'].includes(sheet) && html`<${People} title=${t(sheet)} name=${sheet} params=${{ user_id: user.id }}
			onClose=${() => { setSheet(null); own && reload(); }} />`}
		${sheet === 'others' && html`<${Others} user=${user} onClose=${() => setSheet(null)} />`}
		${sheet === 'edit' && html`<${Edit} user=${user} onClose=${(saved) => { setSheet(null); saved && reload(); }} />`}
	</main>`;
}

/* A name in an address may be written otherwise than its owner writes it: whose it is, the id says. */
async function profileOf(name, viewer) {
	const own = viewer && (!name || name === viewer.user.username);
	const user = own ? await call('profile') : await call('userByName', { username: name });

	return !own && user.id === viewer?.user.id ? call('profile') : user;
}

/** name: whose; without one, the viewer's own. */
export function User({ name, params }) {
	const { viewer } = useSession();
	const [user, set] = useState(null), [error, setError] = useState(null);

	const load = async () => {
		try {
			set(await profileOf(name, viewer));
			setError(null);
		} catch (why) {
			setError(why);
		}
	};
	useEffect(() => {
		set(null);
		if (viewer || name)
			load();
		else
			go('#/login', { replace: true });
	}, [name, viewer?.user.id]);
	if (error)
		return html`<main class="page"><${TopBar} title=${name || ''} /><${Trouble} error=${error} again=${load} /></main>`;
	if (!user)
		return html`<main class="page"><${TopBar} title=${name || ''} /><p class="notice"><span class="spinner" role="status" aria-label=${t('loading')} /></p></main>`;
	return html`<${Profile} key=${user.id} user=${user} own=${user.id === viewer?.user.id} tab=${params.tab} reload=${load} />`;
}
