/* feed.js - full-screen clips, one under the other.  The clip page is the same screen, beginning with
 * one clip. */

import { call, can, isDone, page } from '../api.js';
import { FIRST_ROWS, posterOf } from '../first.js';
import { t } from '../i18n.js';
import { count, html, piece, usePages, useEffect, useLayoutEffect, useMemo, useRef, useState, useTitle } from '../lib.js';
import { marked, useList } from '../kept.js';
import { hideAll, playAgain, seek, show, skip, togglePlay, toggleSound, watchPlayer } from '../player.js';
import { back, go, useAgain, userPath, videoPath } from '../router.js';
import { useSession, viewerId } from '../session.js';
import { Avatar, Icon, IconButton, Lazy, ListEnd, Tabs, attempt, copyText, useLongPress } from '../ui.js';
import { Comments } from './comments.js';

/* Each gives a page: { rows, cursor }. */
const videos = (name, cursor, page_size = cursor ? 10 : FIRST_ROWS) => page(name, { page_size, cursor }, 'videos');

const LATEST = 'latest ', MORE = 'more';
const behind = ({ rows, cursor }) => ({ rows, cursor: cursor && LATEST + cursor });

/* What the viewer is not interested in: "viewer clip", as the latest are the same to all. */
const dismissed = new Set();

export const dismiss = (clip) => dismissed.add(`${viewerId()} ${clip.id}`);

const sources = {
	/* Behind what is recommended stand the latest, so that the front page ends with the last clip. */
	recommended: async (cursor) => {
		const found = await sources.anyRecommended(cursor);

		return { ...found, rows: found.rows.filter((v) => !dismissed.has(`${viewerId()} ${v.id}`)) };
	},
	anyRecommended: async (cursor) => {
		if (cursor?.startsWith(LATEST))
			return behind(await sources.latest(cursor.slice(LATEST.length) || undefined));
		const own = viewerId() !== 0;
		const found = await videos(own ? 'recommended' : 'recommendedToAll', own || cursor === MORE ? undefined : cursor, cursor ? 10 : FIRST_ROWS);

		if (!found.rows.length)
			return behind(await sources.latest());
		/* To a viewer what was shown does not come again: the next page is asked for in the same words. */
		return { rows: found.rows, cursor: own ? MORE : found.cursor ?? LATEST };
	},
	following: (cursor) => videos('followingFeed', cursor),
	latest: (cursor) => videos('feed', cursor),
};

/** The log-in, and from there to this clip, where one is not there already: a step back is to that. */
export const loginPath = (clip) => (!clip || location.pathname === videoPath(clip.id) ? '/#/login'
	: `/#/login?to=${encodeURIComponent(videoPath(clip.id))}`);

let wanted = null;

/** What the log-in was come to for, told once: it is to be done when somebody is logged in. */
export function takeWanted() {
	const act = wanted;

	wanted = null;
	return act;
}

/**
 * Whether nobody is logged in: then the log-in comes, then the clip that was looked at, and an operation is
 * done that was wanted.
 */
export function needLogin(clip, name, params) {
	if (viewerId())
		return false;
	wanted = name ? { name, params } : null;
	go(loginPath(clip));
	return true;
}

/** For what was done already: the answer that it would have had. */
export const orDone = (answer) => (error) => {
	if (!isDone(error))
		throw error;
	return answer;
};

/** Changes a clip in the list at once, asks the server, and takes it back where that fails. */
async function toggle(pages, clip, operations, mark, number) {
	const on = !clip[mark];
	const change = (to) => pages.change((rows) => rows.map((v) => (v.id === clip.id ? marked(v, mark, number, to) : v)));
	const act = [operations[on ? 0 : 1], { video_id: clip.id }];

	if (needLogin(clip, ...act))
		return;
	change(on);
	if (await attempt(() => call(...act)))
		return;
	change(!on);
	needLogin(clip, ...act); /* it was the session that had ended */
}

function Rail({ clip, pages, onComments, onMore }) {
	const author = clip.author;
	const own = author && author.id === viewerId();

	return html`<div class="rail">
		${author && html`<div class="rail-author">
			<a href=${userPath(author.username)} aria-label=${author.username}><${Avatar} user=${author} size="46" /></a>
			${!own && !author.isFollow && !author.isRequested && html`<button type="button" class="follow-dot"
				aria-label=${t('follow_name', { name: author.username })} onClick=${() => followAuthor(clip)}>+</button>`}
		</div>`}
		<${IconButton} icon="heart" size="34" active=${clip.isLike} aria-pressed=${clip.isLike ? 'true' : 'false'}
			label=${t('like')} onClick=${() => toggle(pages, clip, ['like', 'unlike'], 'isLike', 'likeCount')} />
		<span class="count">${count(clip.likeCount)}</span>
		<${IconButton} icon="comment" size="32" label=${t('comments')} onClick=${onComments} />
		<span class="count">${count(clip.commentCount)}</span>
		<${IconButton} icon="star" size="32" active=${clip.isStar} aria-pressed=${clip.isStar ? 'true' : 'false'}
			label=${t('bookmark')} onClick=${() => toggle(pages, clip, ['star', 'unstar'], 'isStar', 'starCount')} />
		<span class="count">${count(clip.starCount)}</span>
		<${IconButton} icon="share" size="32" label=${t('share')} onClick=${() => share(clip)} />
		<span class="count">${count(clip.shareCount)}</span>
		<${IconButton} icon="more" size="28" label=${t('more')} onClick=${onMore} />
	</div>`;
}

/* All lists hear of it (kept.js). */
async function followAuthor(clip) {
	const act = ['follow', { target_user_id: clip.author.id }];

	if (!needLogin(clip, ...act) && !await attempt(() => call(...act)))
		needLogin(clip, ...act);
}

export async function share(clip) {
	const url = new URL(videoPath(clip.id), location.origin).href;
	let target = 'link';

	try {
		await navigator.share({ title: clip.title, url });
		target = 'system';
	} catch (error) {
		/* There is no such thing here, or it did not work: neither counts as shared. */
		if (error.name === 'AbortError' || !await copyText(url, t('link_copied')))
			return;
	}
	call('share', { video_id: clip.id, target }).catch(() => {});
}

const LONGEST_TAG = 40;

/* Which are tags the server says in lib/model/tag.c: none within a word or an address, or of digits alone.
 * before: what stands before the text. */
function tagsOf(text, before = ' ') {
	return text.split(/([#＃][\p{L}\p{M}\p{N}_]*)/u).map((part, i) => {
		const name = part.slice(1), begins = i % 2 && !/[A-Za-z0-9/&]$/.test(before);

		before = begins && name ? ' ' : part || before;
		return begins && /[^0-9_]/.test(name.normalize('NFKC')) && [...name].length <= LONGEST_TAG
			? html`<a href=${`/#/search?q=${encodeURIComponent(name)}&type=tag`}>${part}</a>` : part;
	});
}

/* As the server compares names, nearly. */
const folded = (name) => name.normalize('NFKC').toUpperCase().toLowerCase();

/** "#tag" in a text as links, and whom it mentions: what a name is only the server knows. */
export function Text({ text, mentions }) {
	const points = [...String(text || '')], parts = [];
	const cut = (begin, end) => points.slice(begin, end).join('');
	let at = 0;

	for (const { name, begin, end } of mentions || []) {
		/* They may be those of the text before it was edited here. */
		if (begin < at || folded(cut(begin + 1, end)) !== folded(name))
			break;
		parts.push(tagsOf(cut(at, begin), points[at - 1]), html`<a href=${userPath(name)}>${cut(begin, end)}</a>`);
		at = end;
	}
	return html`${parts}${tagsOf(cut(at), points[at - 1])}`;
}

const PULL_PX = 90;

function Card({ clip, pages, far, posted, onPoster, place, state, onComments, onMore }) {
	const heart = useRef(null), tap = useRef(0), press = useLongPress(onMore);

	/* One tap pauses, two like. */
	const onTap = (e) => {
		clearTimeout(tap.current);
		if (tap.current && e.timeStamp - tap.at < 300) {
			tap.current = 0;
			heart.current.classList.remove('pop');
			void heart.current.offsetWidth;
			heart.current.classList.add('pop');
			if (!clip.isLike)
				toggle(pages, clip, ['like', 'unlike'], 'isLike', 'likeCount');
			return;
		}
		tap.at = e.timeStamp;
		tap.current = setTimeout(() => { tap.current = 0; togglePlay(); }, 250);
	};
	return html`<article class="card" aria-label=${clip.title} data-id=${clip.id}>${!far && html`
		<div class="stage" ref=${(el) => place(clip.id, el)} onClick=${onTap} ...${press}>
			<img class="poster" src=${posted ? posterOf(clip) : undefined} alt="" draggable=${false}
				fetchpriority=${onPoster ? 'high' : 'low'} onLoad=${onPoster} onError=${onPoster} />
			<span class="big-heart" ref=${heart}><${Icon} name="heart" size="120" /></span>
			${state?.paused && !state.failed && html`<span class="big-play"><${Icon} name="play" size="72" /></span>`}
			${state?.waiting && html`<span class="spinner late" aria-hidden="true" />`}
		</div>
		${state?.failed && html`<p class="clip-trouble" role="alert">${navigator.onLine ? t('trouble') : t('offline')}
			<button type="button" class="follow" onClick=${playAgain}>${t('again')}</button></p>`}
		<div class="caption">
			${clip.author && html`<a class="author" href=${userPath(clip.author.username)}>@${clip.author.username}</a>`}
			<p><${Text} text=${clip.title} mentions=${clip.mentions} /></p>
			${clip.description && html`<p class="description" tabindex="0"><${Text} text=${clip.description} mentions=${clip.descriptionMentions} /></p>`}
		</div>
		<${Rail} clip=${clip} pages=${pages} onComments=${onComments} onMore=${onMore} />
		<div class="progress" onClick=${(e) => seek(e.offsetX / e.currentTarget.clientWidth)}>
			<span ref=${(el) => el && state?.duration &&
				(el.style.transform = `scaleX(${state.time / state.duration})`)} /></div>`}
	</article>`;
}

const more = () => piece(() => import('./more.js')).then((m) => m.More);

const POSTER_MS = 1000;

/** A list of clips to swipe through; first: the clip that stands before the list's own. */
function Stream({ pages, empty, head, titled, kept }) {
	const box = useRef(null), places = useRef(new Map()), [i, setI] = useState(kept.i || 0);
	const [state, setState] = useState(null), [sheet, setSheet] = useState(null);
	const rows = pages.rows, clip = rows[i], any = rows.length > 0;
	/* The first picture has the line to itself; what comes after it waits, though not for long. */
	const [posted, setPosted] = useState(false), onPoster = () => setPosted(true);

	const move = (by) => {
		const next = Math.max(0, Math.min(rows.length - 1, i + by));

		box.current?.children[next]?.scrollIntoView(
			{ behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
	};

	useTitle(titled && clip?.title);
	useLayoutEffect(() => { box.current.scrollTop = i * box.current.clientHeight; }, []);
	useEffect(() => { kept.i = i; }, [i]);
	useEffect(() => {
		watchPlayer(setState);
		return () => { watchPlayer(() => {}); hideAll(); };
	}, []);
	useEffect(() => {
		const timer = any && setTimeout(onPoster, POSTER_MS);

		return () => clearTimeout(timer);
	}, [any]);
	useEffect(() => {
		const before = Math.max(0, i - 1);

		if (!posted)
			return;
		show(rows.slice(before, i + 2).map((v) => ({ place: places.current.get(v.id), clip: v })), i - before);
		if (i >= rows.length - 4)
			pages.next();
	}, [i, posted, rows.map((v) => v.id).join()]);
	useEffect(() => {
		const seen = new IntersectionObserver((entries) => {
			for (const e of entries) {
				if (e.isIntersecting && box.current) /* the screen may be gone by now */
					setI([...box.current.children].indexOf(e.target));
			}
		}, { root: box.current, threshold: 0.6 });

		for (const card of box.current.querySelectorAll('.card'))
			seen.observe(card);
		return () => seen.disconnect();
	}, [rows.length]);
	useEffect(() => {
		const keys = {
			ArrowDown: () => move(1), ArrowUp: () => move(-1), j: () => move(1), k: () => move(-1),
			' ': togglePlay, m: toggleSound, c: () => setSheet('comments'),
			ArrowLeft: () => skip(-5), ArrowRight: () => skip(5), '?': () => go('#/settings'),
			l: () => clip && toggle(pages, clip, ['like', 'unlike'], 'isLike', 'likeCount'),
		};
		const onKey = (e) => {
			const { target } = e, own = target.closest('[role=tablist]') ? ['ArrowLeft', 'ArrowRight']
				: target.matches('.description') && target.scrollHeight > target.clientHeight ? ['ArrowUp', 'ArrowDown'] : [];

			if (target.closest('input, textarea, dialog') || e.ctrlKey || e.metaKey || e.altKey ||
			    (e.key === ' ' && target.closest('button, a')) || own.includes(e.key) || !keys[e.key])
				return;
			e.preventDefault();
			keys[e.key]();
		};

		addEventListener('keydown', onKey);
		return () => removeEventListener('keydown', onKey);
	});

	useAgain(() => {
		setSheet(null);
		setI(0);
		pages.reload();
	});

	/* Pulled down at the top: anew.  The mark that comes along is moved past preact: it draws nothing else. */
	const pull = useRef(null), mark = useRef(null);
	const pulledBy = (e) => (pull.current === null ? 0 : Math.max(0, e.changedTouches[0].clientY - pull.current));
	const showPull = (by) => {
		mark.current.style.transform = `translateY(${Math.min(by, PULL_PX * 1.3)}px) rotate(${by * 3}deg)`;
		mark.current.classList.toggle('enough', by > PULL_PX);
	};
	const onTouch = (e) => { pull.current = box.current.scrollTop <= 0 ? e.touches[0].clientY : null; };
	const onPull = (e) => { if (pull.current !== null) showPull(pulledBy(e)); };
	const onLetGo = (e) => {
		if (pulledBy(e) > PULL_PX)
			pages.reload();
		pull.current = null;
		showPull(0);
	};
	const onNoTouch = () => {
		pull.current = null;
		showPull(0);
	};

	return html`<main class="feed">
		<h1 class="hidden">${clip ? clip.title : t('clips')}</h1>${head}
		<${IconButton} icon=${state?.muted === false ? 'sound' : 'mute'} label=${state?.muted === false ? t('mute') : t('unmute')}
			class="icon-button sound" onClick=${toggleSound} />
		<div class="pull" ref=${mark} aria-hidden="true">↻</div>
		<div class="stream" ref=${box} tabindex="-1" onTouchStart=${onTouch} onTouchMove=${onPull}
			onTouchEnd=${onLetGo} onTouchCancel=${onNoTouch}>
			${rows.map((v, n) => html`<${Card} key=${v.id} clip=${v} pages=${pages} far=${Math.abs(n - i) > 2}
				posted=${posted ? Math.abs(n - i) < 2 : n === i} onPoster=${n === i ? onPoster : undefined}
				state=${n === i && state?.place === places.current.get(v.id) ? state : null}
				place=${(id, el) => (el ? places.current.set(id, el) : places.current.delete(id))}
				onComments=${() => setSheet('comments')} onMore=${() => setSheet('more')} />`)}
			<div class="stream-end" key=${any ? 'end' : 'begin'}><${ListEnd} pages=${pages} empty=${empty} /></div>
		</div>
		<div class="steps">
			<button type="button" aria-label=${t('previous')} onClick=${() => move(-1)} disabled=${i === 0}>▲</button>
			<button type="button" aria-label=${t('next')} onClick=${() => move(1)} disabled=${i >= rows.length - 1}>▼</button>
		</div>
		${sheet === 'comments' && clip && html`<${Comments} key=${clip.id} clip=${clip} onClose=${() => setSheet(null)}
			onCount=${(by) => pages.change((all) => all.map((v) => (v.id === clip.id
				? { ...v, commentCount: Math.max(0, v.commentCount + by) } : v)))} />`}
		${sheet === 'more' && clip && html`<${Lazy} load=${more} clip=${clip} pages=${pages} onClose=${() => setSheet(null)} />`}
	</main>`;
}

export function Feed() {
	const { viewer, ended } = useSession(), kept = useList(), who = useRef(0);
	const [tab, choose] = useState(kept.tab || (can('recommended') ? 'recommended' : 'latest'));

	/* Whose session ended is the same person: he finds the clip again that he was looking at. */
	if (!ended)
		who.current = viewer?.user.id;
	const pages = usePages(sources[tab], [tab, who.current], kept);
	const tabs = [...(viewer && can('followingFeed') ? [['following', t('following')]] : []),
		...(can('recommended') ? [['recommended', t('for_you')]] : []), ['latest', t('latest')]];
	const head = html`<div class="feed-head"><${Tabs} tabs=${tabs} chosen=${tab} onChoose=${(key) => { Object.assign(kept, { tab: key, i: 0 }); choose(key); }} label=${t('feeds')} /></div>`;

	return html`<${Stream} key=${tab} pages=${pages} empty=${t(`empty_${tab}`)} head=${head} kept=${kept} />`;
}

/** The page of one clip; behind it the list out of which it was opened, or what the feed has. */
export function Clip({ id }) {
	const kept = useList(id);
	const load = useMemo(() => kept.load || (async (cursor) => {
		if (cursor !== undefined)
			return sources.latest(cursor === 'first' ? undefined : cursor);
		return { rows: [await call('video', { id })], cursor: 'first' };
	}), [id]);
	const pages = usePages(load, [id], kept);
	const head = html`<div class="feed-head"><${IconButton} icon="back" label=${t('back')} onClick=${back} /></div>`;

	return html`<${Stream} titled pages=${pages} empty=${t('no_clip')} head=${head} kept=${kept} />`;
}
