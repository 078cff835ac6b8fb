/* profile.js - a person's page, and one's own. */

import { call, can, page } from '../api.js';
import { t } from '../i18n.js';
import { count, html, usePages, useEffect, useState } from '../lib.js';
import { changeViewer, rememberViewer, session, toast, useSession, viewerId } from '../session.js';
import { Avatar, Grid, IconButton, ListEnd, Sheet, Tabs, TopBar, UserRow, attempt } from '../ui.js';
import { go } from '../router.js';
import { EditClip } from './edit.js';
import { needLogin } from './feed.js';

const PAGE = 30;

function paged(name, params) {
	return (cursor) => page(name, { ...params, page_size: PAGE, cursor }, 'videos');
}

export function People({ title, name, params = {}, onClose, action = FollowButton }) {
	const pages = usePages(paged(name, params), [name]);

	return html`<${Sheet} title=${title} onClose=${onClose}><div class="people"><ul>
		${pages.rows.map((u) => html`<${UserRow} key=${u.id} user=${u}><${action} user=${u} /><//>`)}
		</ul><${ListEnd} pages=${pages} empty=${t('nobody')} /></div><//>`;
}

export function FollowButton({ user, onChange }) {
	const [on, set] = useState(user.isFollow);

	useEffect(() => set(user.isFollow), [user.isFollow]);
	if (user.id === viewerId())
		return null;
	const click = async () => {
		if (needLogin())
			return;
		if (await attempt(() => call(on ? 'unfollow' : 'follow', { target_user_id: user.id }))) {
			set(!on);
			onChange?.(!on);
		}
	};
	return html`<button type="button" class=${on ? 'follow on' : 'follow'} aria-pressed=${on ? 'true' : 'false'}
		onClick=${click}>${on ? t('followed') : t('follow')}</button>`;
}

function Edit({ user, onClose }) {
	const [error, setError] = useState('');

	const save = async (e) => {
		const form = new FormData(e.target), avatar = form.get('avatar');

		e.preventDefault();
		try {
			const changes = { about: form.get('about') };

			if (form.get('new_password'))
				Object.assign(changes, { old_password: form.get('old_password'), new_password: form.get('new_password') });
			const { token } = await call('updateProfile', changes) || {};

			if (token)
				rememberViewer(token, session().viewer.user);
			if (avatar?.size)
				await call('setAvatar', { avatar });
			changeViewer({ about: changes.about });
			if (avatar?.size)
				toast(t('avatar_soon'));
			onClose(true);
		} catch (why) {
			setError(why.message);
		}
	};
	return html`<${Sheet} title=${t('edit_profile')} onClose=${() => onClose(false)}>
		<form class="form" onSubmit=${save}>
			<label>${t('avatar')}<input type="file" name="avatar" accept="image/jpeg,image/png,image/webp" /></label>
			<label>${t('about')}<textarea name="about" maxlength="300" rows="3">${user.about}</textarea></label>
			<fieldset><legend>${t('change_password')}</legend>
				<label>${t('old_password')}<input type="password" name="old_password" autocomplete="current-password" /></label>
				<label>${t('new_password')}<input type="password" name="new_password" autocomplete="new-password" maxlength="32" /></label>
			</fieldset>
			<p class="error" role="alert">${error}</p>
			<button type="submit" class="main">${t('save')}</button>
		</form><//>`;
}

function Profile({ user, own, reload }) {
	const [tab, choose] = useState('works'), [sheet, setSheet] = useState(null);
	const [stats, setStats] = useState(null), [edited, setEdited] = useState(null);
	const lists = {
		works: ['userVideos', { user_id: user.id }],
		likes: ['likedVideos', { user_id: user.id }],
		stars: ['stars', {}],
		history: ['history', {}],
	};
	useEffect(() => {
		call('userStats', { user_id: user.id }).then(setStats, () => {});
	}, [user.id]);
	const pages = usePages(paged(...lists[tab]), [tab, user.id]);
	const tabs = [['works', t('works')], ['likes', t('likes')],
		...(own ? [['stars', t('bookmarks')], ['history', t('history')]] : [])];

	return html`<main class="page"><${TopBar} title=${user.username}>
			${own && html`<${IconButton} icon="gear" label=${t('settings')} onClick=${() => go('#/settings')} />`}<//>
		<section class="profile">
			<${Avatar} user=${user} size="96" />
			<div class="grow"><h2>${user.username}</h2><p class="dim clip-text">${user.about || (own ? t('no_about') : '')}</p></div>
			<dl class="numbers">
				${[['following', user.followCount], ['followers', user.followerCount], ...(own ? [['friends', stats?.friendCount]] : [])]
					.map(([list, n]) => html`<div key=${list}><dt>${t(list)}</dt><dd><button type="button" class="plain"
						onClick=${() => needLogin() || setSheet(list)}>${count(n)}</button></dd></div>`)}
				<div><dt>${t('likes_received')}</dt><dd>${count(stats?.totalLikesReceived)}</dd></div>
			</dl>
			<div class="row">${own ? html`<button type="button" class="follow on" onClick=${() => setSheet('edit')}>${t('edit_profile')}</button>`
				: html`<${FollowButton} user=${user} onChange=${reload} />
				<button type="button" class="follow on" onClick=${() => needLogin() || go(`#/chat/${user.username}`)}>${t('message')}</button>
				${can('block') && html`<button type="button" class="plain" onClick=${async () => {
					if (!needLogin() && confirm(t('block_sure', { name: user.username })) &&
					    await attempt(() => call('block', { target_user_id: user.id })))
						go('/');
				}}>${t('block')}</button>`}`}</div>
		</section>
		<${Tabs} tabs=${tabs} chosen=${tab} onChoose=${choose} label=${t('clips')} />
		${tab === 'history' && pages.rows.length > 0 && html`<p class="notice"><button type="button" class="plain" onClick=${async () => {
			if (confirm(t('clear_history_sure')) && await attempt(() => call('clearHistory', {})))
				pages.reload();
		}}>${t('clear_history')}</button></p>`}
		<${Grid} pages=${pages} empty=${t('nothing_here')} onEdit=${own && tab === 'works' ? setEdited : undefined} />
		${edited && html`<${EditClip} clip=${edited} onClose=${(change) => {
			setEdited(null);
			if (change === 'gone')
				pages.change((rows) => rows.filter((v) => v.id !== edited.id));
			else if (change)
				pages.change((rows) => rows.map((v) => (v.id === edited.id ? { ...v, ...change } : v)));
		}} />`}
		${['following', 'followers', 'friends'].includes(sheet) && html`<${People} title=${t(sheet)} name=${sheet} params=${{ user_id: user.id }}
			onClose=${() => setSheet(null)} />`}
		${sheet === 'edit' && html`<${Edit} user=${user} onClose=${(saved) => { setSheet(null); saved && reload(); }} />`}
	</main>`;
}

/** name: whose; without one, the viewer's own. */
export function User({ name }) {
	const { viewer } = useSession();
	const own = viewer && (!name || name === viewer.user.username);
	const [user, set] = useState(null), [error, setError] = useState(null);

	const load = async () => {
		try {
			set(own ? await call('profile') : await call('userByName', { username: name }));
			setError(null);
		} catch (why) {
			setError(why);
		}
	};
	useEffect(() => {
		set(null);
		if (own || name)
			load();
		else
			go('#/login', { replace: true });
	}, [name, viewer?.user.id]);
	if (error)
		return html`<main class="page"><${TopBar} title=${name || ''} /><p class="notice" role="alert">${error.message}</p></main>`;
	if (!user)
		return html`<main class="page"><${TopBar} title=${name || ''} /><p class="notice"><span class="spinner" role="status" aria-label=${t('loading')} /></p></main>`;
	return html`<${Profile} key=${user.id} user=${user} own=${own} reload=${load} />`;
}
