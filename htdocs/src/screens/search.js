/* search.js - clips, people, tags; suggestions while typing.
 *
 * params.type: video, user, tags (those that have the words), or tag (the clips of just this one). */

import { call, can, page } from '../api.js';
import { useKept } from '../kept.js';
import { count, html, usePages, useEffect, useRef, useState } from '../lib.js';
import { go, videoPath } from '../router.js';
import { Grid, IconButton, ListEnd, Tabs, TopBar, UserRow } from '../ui.js';
import { t } from '../words.js';
import { viewerId } from '../session.js';
import { FollowButton } from './profile.js';

const PAGE = 20, TYPE_MS = 200, LONGEST = 64;

const MEMBERS = { video: 'videos', user: 'users', tags: 'tags' };
const address = (q, type) => `/#/search?q=${encodeURIComponent(q)}&type=${type}`;

/* A tag that nobody has is found as little as any other word. */
const none = (error) => {
	if (error.error !== 'tag_unknown')
		throw error;
	return { rows: [], cursor: null };
};

function Results({ q, type }) {
	const [kept, ref] = useKept();
	const pages = usePages((cursor) => (type === 'tag'
		? page('tagVideos', { tag: q, page_size: PAGE, cursor }, 'videos').catch(none)
		: page('search', { keyword: q, type: type === 'tags' ? 'tag' : type, page_size: PAGE, cursor }, MEMBERS[type])), [q, type], kept);
	const end = html`<${ListEnd} pages=${pages} empty=${t('nothing_found')} />`;

	return html`<section ref=${ref}>
		${type === 'tag' && html`<h2 class="heading">#${q}</h2>`}
		${type === 'user' ? html`<div class="people"><ul>${pages.rows.map((u) => html`<${UserRow} key=${u.id} user=${u}>
			<${FollowButton} user=${u} /><//>`)}</ul>${end}</div>`
		: type === 'tags' ? html`<div class="people"><ul>${pages.rows.map((x) => html`<li key=${x.id} class="user-row">
			<a class="grow" href=${address(x.name, 'tag')}><strong>#${x.name}</strong>
				<span class="dim small">${t('n_clips', { n: count(x.videoCount) })}</span></a></li>`)}</ul>${end}</div>`
		: html`<${Grid} pages=${pages} empty=${t('nothing_found')} />`}</section>`;
}

/* What many watch now. */
function Hot({ kept }) {
	const pages = usePages((cursor) => page('hot', { page_size: PAGE, cursor }, 'videos'), [], kept);

	return html`<section><h2 class="heading">${t('hot')}</h2><${Grid} pages=${pages} empty=${t('nothing_here')} /></section>`;
}

/* Whom the viewer may want to follow. */
function People({ kept }) {
	const pages = usePages((cursor) => page('recommendedUsers', { page_size: PAGE, cursor }, 'users'), [], kept);

	return html`<section class="people" hidden=${!pages.rows.length && !pages.more}><h2 class="heading">${t('you_may_like')}</h2><ul>${pages.rows.map((u) => html`<${UserRow} key=${u.id} user=${u}>
		<${FollowButton} user=${u} /><//>`)}</ul><${ListEnd} pages=${pages} empty="" /></section>`;
}

/* Before anything is looked for. */
function Start() {
	const [kept, ref] = useKept(), [tags, setTags] = useState(kept.tags || null);

	kept.hot ??= {};
	kept.people ??= {};
	useEffect(() => {
		if (!tags)
			call('hotTags', {}).then((found) => { kept.tags = found; setTags(found); }, () => setTags([]));
	}, []);
	return html`<div ref=${ref}>${tags && html`<ul class="tags">${tags.map((x) => html`<li key=${x.name}><a href=${address(x.name, 'tag')}>
		#${x.name}</a></li>`)}</ul>${can('hot') && html`<${Hot} kept=${kept.hot} />`}
		${viewerId() !== 0 && can('recommendedUsers') && html`<${People} kept=${kept.people} />`}`}</div>`;
}

/* The words, and what may be meant while they are typed; the newest words have the say. */
function Words({ q, find }) {
	const [text, write] = useState(q), [hints, setHints] = useState([]), timer = useRef(0), asked = useRef(0), box = useRef(null);
	const close = () => {
		asked.current++;
		clearTimeout(timer.current);
		setHints([]);
	};
	const ask = async (keyword) => {
		const mine = ++asked.current;
		let found = [];

		try {
			if (keyword) {
				const { tags, users, videos } = await call('suggest', { keyword });

				found = [...tags.map((x) => ({ key: `#${x.name}`, text: x.name, type: 'tag' })),
					...users.map((x) => ({ key: `@${x.username}`, text: x.username, type: 'user' })),
					...videos.map((x) => ({ key: String(x.id), text: x.title, id: x.id }))].slice(0, 10);
			}
		} catch { /* it is only a help */ }
		if (mine === asked.current)
			setHints(found);
	};
	const onInput = (e) => {
		const value = e.target.value;

		write(value);
		clearTimeout(timer.current);
		timer.current = setTimeout(() => ask(value.trim()), TYPE_MS);
	};
	const take = (hint) => {
		close();
		if (hint.id)
			go(videoPath(hint.id));
		else
			find(hint.text, hint.type);
	};

	useEffect(() => {
		write(q);
		close();
	}, [q]);
	useEffect(() => () => { asked.current++; clearTimeout(timer.current); }, []);
	useEffect(() => {
		const elsewhere = (e) => box.current.contains(e.target) || close();

		if (!hints.length)
			return undefined;
		addEventListener('pointerdown', elsewhere);
		addEventListener('focusin', elsewhere);
		return () => {
			removeEventListener('pointerdown', elsewhere);
			removeEventListener('focusin', elsewhere);
		};
	}, [hints.length > 0]);

	return html`<div ref=${box} onKeyDown=${(e) => {
		if (e.key === 'Escape' && hints.length) {
			e.preventDefault(); /* the words stay */
			close();
			box.current.querySelector('input').focus();
		}
	}}>
		<form class="search-form" role="search" onSubmit=${(e) => { e.preventDefault(); close(); find(text); }}>
			<input type="search" value=${text} onInput=${onInput} aria-label=${t('search')} placeholder=${t('search_hint')}
				maxlength=${LONGEST} enterkeyhint="search" />
			<${IconButton} icon="search" label=${t('search')} type="submit" />
		</form>
		${hints.length > 0 && html`<ul class="menu hints">${hints.map((h) => html`<li key=${h.key}><button type="button"
			onClick=${() => take(h)}>${h.id ? h.text : h.key}</button></li>`)}</ul>`}
	</div>`;
}

export function Search({ params }) {
	const q = (params.q || '').trim(), type = params.type || 'video', tab = type === 'tag' ? 'tags' : type;
	const find = (what, as = tab) => what.trim() && go(address(what.trim(), as), { replace: Boolean(q) });

	return html`<main class="page"><${TopBar} title=${t('search')} />
		<${Words} q=${q} find=${find} />
		${q ? html`<${Tabs} label=${t('search')} chosen=${tab} onChoose=${(as) => find(q, as)}
			tabs=${[['video', t('clips')], ['user', t('people')], ['tags', t('tags')]]} />
			<${Results} key=${type + q} q=${q} type=${type} />` : html`<${Start} />`}
	</main>`;
}
