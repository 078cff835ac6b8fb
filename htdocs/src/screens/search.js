/* search.js - clips, people, tags; suggestions while typing. */

import { call, can, page } from '../api.js';
import { html, usePages, useEffect, useRef, useState } from '../lib.js';
import { go } from '../router.js';
import { Grid, IconButton, ListEnd, Tabs, TopBar, UserRow } from '../ui.js';
import { t } from '../words.js';
import { viewerId } from '../session.js';
import { FollowButton } from './profile.js';

const PAGE = 20, TYPE_MS = 200;

function Results({ q, type }) {
	const pages = usePages((cursor) => (type === 'tag'
		? page('tagVideos', { tag: q, page_size: PAGE, cursor }, 'videos')
		: page('search', { keyword: q, type, page_size: PAGE, cursor }, type === 'user' ? 'users' : 'videos')), [q, type]);

	if (type !== 'user')
		return html`<${Grid} pages=${pages} empty=${t('nothing_found')} />`;
	return html`<div class="people"><ul>${pages.rows.map((u) => html`<${UserRow} key=${u.id} user=${u}>
		<${FollowButton} user=${u} /><//>`)}</ul><${ListEnd} pages=${pages} empty=${t('nothing_found')} /></div>`;
}

/* What many watch now. */
function Hot() {
	const pages = usePages((cursor) => page('hot', { page_size: PAGE, cursor }, 'videos'), []);

	return html`<section><h2 class="heading">${t('hot')}</h2><${Grid} pages=${pages} empty=${t('nothing_here')} /></section>`;
}

/* Whom the viewer may want to follow. */
function People() {
	const pages = usePages((cursor) => page('recommendedUsers', { page_size: PAGE, cursor }, 'users'), []);

	return html`<section class="people" hidden=${!pages.rows.length && !pages.more}><h2 class="heading">${t('you_may_like')}</h2><ul>${pages.rows.map((u) => html`<${UserRow} key=${u.id} user=${u}>
		<${FollowButton} user=${u} /><//>`)}</ul><${ListEnd} pages=${pages} empty="" /></section>`;
}

export function Search({ params }) {
	const q = params.q || '', type = params.type || 'video';
	const [text, write] = useState(q), [hints, setHints] = useState([]), [hot, setHot] = useState(null), timer = useRef(0);

	useEffect(() => write(q), [q]);
	useEffect(() => {
		if (!q)
			call('hotTags', {}).then(setHot, () => setHot([]));
	}, [q]);
	const find = (what, as = type) => {
		clearTimeout(timer.current);
		setHints([]);
		if (what.trim())
			go(`#/search?q=${encodeURIComponent(what.trim())}&type=${as}`, { replace: Boolean(q) });
	};
	const onInput = (e) => {
		const value = e.target.value;

		write(value);
		clearTimeout(timer.current);
		timer.current = setTimeout(async () => {
			try {
				const found = value.trim() ? await call('suggest', { keyword: value.trim() }) : { tags: [], users: [], videos: [] };

				setHints([...found.tags.map((x) => ({ type: 'tag', text: x.name })),
					...found.users.map((x) => ({ type: 'user', text: x.username })),
					...found.videos.map((x) => ({ type: 'video', text: x.title }))].slice(0, 10));
			} catch {
				setHints([]);
			}
		}, TYPE_MS);
	};

	return html`<main class="page"><${TopBar} title=${t('search')} />
		<form class="search-form" role="search" onSubmit=${(e) => { e.preventDefault(); find(text); }}>
			<input type="search" value=${text} onInput=${onInput} aria-label=${t('search')} placeholder=${t('search_hint')}
				maxlength="100" enterkeyhint="search" />
			<${IconButton} icon="search" label=${t('search')} type="submit" />
		</form>
		${hints.length > 0 && html`<ul class="menu hints">${hints.map((h) => {
			const word = h.text;

			return html`<li key=${h.type + word}><button type="button" onClick=${() => { write(word); find(word,
				h.type === 'user' || h.type === 'tag' ? h.type : 'video'); }}>${h.type === 'tag' ? '#' : h.type === 'user' ? '@' : ''}${word}</button></li>`;
		})}</ul>`}
		${q ? html`<${Tabs} label=${t('search')} chosen=${type} onChoose=${(as) => find(q, as)}
			tabs=${[['video', t('clips')], ['user', t('people')], ['tag', t('tags')]]} />
			<${Results} key=${type + q} q=${q} type=${type} />`
		: hot && html`<ul class="tags">${hot.map((x) => html`<li key=${x.name}><a href=${`/#/search?q=${encodeURIComponent(x.name)}&type=tag`}>
			#${x.name}</a></li>`)}</ul>${can('hot') && html`<${Hot} />`}${viewerId() !== 0 && can('recommendedUsers') && html`<${People} />`}`}
	</main>`;
}
