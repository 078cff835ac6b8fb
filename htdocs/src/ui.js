/* ui.js - the small parts that screens are made of. */

import { call, isDone } from './api.js';
import { toast, useSession } from './session.js';
import { cls, count, html, render, useEffect, useInSight, useLayoutEffect, useRef, useState, useTitle } from './lib.js';
import { t } from './i18n.js';
import { handOn } from './kept.js';
import { back, overlay, userPath } from './router.js';

/* 24 x 24, drawn by us; filled with the text's colour. */
const paths = {
	heart: 'M12 21C5 15 2 12 2 8a5 5 0 0 1 10-1 5 5 0 0 1 10 1c0 4-3 7-10 13z',
	comment: 'M3 4h18v13h-8l-5 4v-4H3z',
	star: 'M12 2l3 7 7 .6-5.3 4.7 1.7 7.2L12 17.6 5.6 21.5l1.7-7.2L2 9.6 9 9z',
	share: 'M14 4l8 7-8 7v-4c-6 0-9 2-12 6 1-7 5-11 12-12z',
	home: 'M3 11l9-8 9 8v10h-6v-6H9v6H3z',
	search: 'M10 3a7 7 0 1 0 4.3 12.6l5 5 1.4-1.4-5-5A7 7 0 0 0 10 3zm0 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10z',
	plus: 'M11 4h2v7h7v2h-7v7h-2v-7H4v-2h7z',
	inbox: 'M3 4h18v12h-5l-4 4-4-4H3zm2 2v8h14V6z',
	person: 'M12 3a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM3 21c0-5 4-7 9-7s9 2 9 7z',
	back: 'M15 4l-8 8 8 8 1.5-1.5L10 12l6.5-6.5z',
	close: 'M5 6.4L6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6z',
	more: 'M4 10h4v4H4zm6 0h4v4h-4zm6 0h4v4h-4z',
	play: 'M7 4l14 8-14 8z',
	sound: 'M4 9h4l5-5v16l-5-5H4zm12-2c3 2 3 8 0 10zm2-4c6 4 6 14 0 18v-2c4-4 4-10 0-14z',
	mute: 'M4 9h4l5-5v16l-5-5H4zm11.5.5L17 8l2 2.5L21 8l1.5 1.5L20 12l2.5 2.5L21 16l-2-2.5L17 16l-1.5-1.5L18 12z',
	gear: 'M10 2h4l.6 3 2.4 1.4 3-1 2 3.5-2.4 2v2.2l2.4 2-2 3.5-3-1-2.4 1.4-.6 3h-4l-.6-3L7 17.6l-3 1-2-3.5 2.4-2v-2.2L2 8.9l2-3.5 3 1L9.4 5zm2 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
	send: 'M2 3l20 9-20 9 3-9zm4.5 10L5.5 17l11-5-11-5 1 4h6v2z',
	cloud: 'M7 19a5 5 0 0 1-1-9.9A6 6 0 0 1 17.7 8 5.5 5.5 0 0 1 17.5 19zm4-9v5h2v-5zm0 6v2h2v-2z',
	flag: 'M5 2h2v1h13l-3 5 3 5H7v9H5z',
	trash: 'M9 3h6l1 2h4v2H4V5h4zM6 9h12l-1 12H7z',
};

export function Icon({ name, size = 24 }) {
	return html`<svg class="icon" viewBox="0 0 24 24" width=${size} height=${size} aria-hidden="true">
		<path d=${paths[name]} /></svg>`;
}

export function IconButton({ icon, label, onClick, size, active, ...rest }) {
	return html`<button type="button" class=${cls('icon-button', { active })} aria-label=${label}
		title=${label} onClick=${onClick} ...${rest}><${Icon} name=${icon} size=${size} /></button>`;
}

export function Avatar({ user, size = 40 }) {
	return html`<img class="avatar" src=${user.avatar || '/img/avatar.png'} alt="" width=${size}
		height=${size} loading="lazy" />`;
}

export function UserRow({ user, children }) {
	return html`<li class="user-row">
		<a href=${userPath(user.username)} tabindex="-1" aria-hidden="true"><${Avatar} user=${user} /></a>
		<a class="grow" href=${userPath(user.username)}><strong>${user.username}</strong>
			${user.about && html`<span class="dim clip-text">${user.about}</span>`}</a>
		${children}</li>`;
}

export function TopBar({ title, children }) {
	useTitle(title);
	return html`<header class="top-bar">
		<${IconButton} icon="back" label=${t('back')} onClick=${back} />
		<h1>${title}</h1><span class="grow" />${children}</header>`;
}

/** What could not be shown, and the ways on; tried again when the network is back. */
export function Trouble({ error, again }) {
	const latest = useRef(again);

	latest.current = again;
	useEffect(() => {
		const retry = () => latest.current();

		addEventListener('online', retry);
		return () => removeEventListener('online', retry);
	}, []);
	return html`<section class="trouble" role="alert"><${Icon} name="cloud" size="72" />
		<h2>${navigator.onLine ? t('trouble') : t('offline')}</h2>
		<p class="dim">${navigator.onLine ? error?.message || t('no_answer') : t('offline_text')}</p>
		${error?.id && error.status >= 500 && html`<p class="dim small">${error.id}</p>`}
		<p class="row"><button type="button" class="follow" onClick=${again}>${t('again')}</button>
			<a class="follow on" href="/">${t('home')}</a></p></section>`;
}

const parts = new Map();

/**
 * A part that comes when it is first shown; load is one function, () => import(...).then((m) => m.Part).
 * screen: it is a whole one, which says so while it is waited for, and when it does not come.
 */
export function Lazy({ load, screen, ...rest }) {
	const [, update] = useState(0), [failed, fail] = useState(false);

	useEffect(() => {
		fail(false);
		if (!parts.has(load))
			load().then((part) => { parts.set(load, part); update((n) => n + 1); }, () => {
				fail(true);
				if (!screen) {
					toast(navigator.onLine ? t('no_answer') : t('offline'));
					rest.onClose?.();
				}
			});
	}, [load]);
	if (parts.has(load))
		return html`<${parts.get(load)} ...${rest} />`;
	if (!screen)
		return null;
	return html`<main class="page"><h1 class="hidden">Doufu</h1>${failed ? html`<${Trouble} again=${() => location.reload()} />`
		: html`<p class="notice"><span class="spinner" role="status" aria-label=${t('loading')} /></p>`}</main>`;
}

/** The end of a list: more, a spinner, an error with a way on, or a word that nothing is there; each an
 * element of its own (key), so that none seems to jump into the other's place. */
export function ListEnd({ pages, empty }) {
	const ref = useInSight(pages.next);

	if (pages.error && !pages.rows.length)
		return html`<${Trouble} error=${pages.error} again=${pages.again} />`;
	if (pages.error)
		return html`<p key="error" class="notice" role="alert">${pages.error.message}
			${' '}<button type="button" class="plain" onClick=${pages.again}>${t('again')}</button></p>`;
	if (pages.busy)
		return html`<p key="busy" class="notice"><span class="spinner" role="status" aria-label=${t('loading')} /></p>`;
	if (pages.more)
		return html`<p key="more" ref=${ref} class="notice"> </p>`;
	return pages.rows.length ? null : html`<p key="empty" class="notice dim">${empty}</p>`;
}

/* The modal sheet that stands over all else, or the page: nothing beside it is seen, heard or focused. */
const foreground = () => [...document.querySelectorAll('dialog:modal')].at(-1) || document.body;

/* Not drawn by preact where it stands, as it moves. */
const toasts = document.createElement('div');

toasts.className = 'toasts';
toasts.setAttribute('role', 'status');

/* Before something is said: a region that comes with its words in it is not read out. */
function bringToasts() {
	if (toasts.parentNode !== foreground())
		foreground().append(toasts);
}

/** What toast() said, in the foreground. */
export function Toasts() {
	const said = useSession().toasts;

	useLayoutEffect(() => {
		bringToasts();
		render(html`${said.map((x) => html`<p key=${x.id}>${x.text}</p>`)}`, toasts);
	}, [said]);
	return null;
}

/**
 * A sheet over the screen; Escape, a click beside it, the cross or a step back closes it; focus stays inside.
 * ask: what is asked before, where something in it was changed.
 */
export function Sheet({ title, onClose, children, side, ask }) {
	const ref = useRef(null), close = useRef(onClose), beside = useRef(false), changed = useRef(false);
	const leave = () => {
		if (ask && changed.current && !confirm(ask))
			return false;
		onClose();
		return true;
	};

	/* Browsers let one Escape be refused, not the next one after it. */
	const stay = () => ref.current?.showModal();

	close.current = leave;
	/* Before the next event: a step back may come at once. */
	useLayoutEffect(() => {
		/* One at a time: what stands over it has its own. */
		const onKey = (e) => e.key === 'Escape' && !document.querySelector('dialog:modal') && close.current();
		const dialog = ref.current, before = document.activeElement;
		const left = overlay(() => close.current());

		/* Beside the clip where there is room for both, over it where there is not. */
		if (side && matchMedia('(min-width: 900px)').matches) {
			dialog.show();
			addEventListener('keydown', onKey); /* wherever the focus is; over it, the browser says cancel */
		} else {
			dialog.showModal();
			bringToasts();
		}
		return () => {
			removeEventListener('keydown', onKey);
			dialog.close();
			bringToasts();
			left();
			before?.focus?.();
		};
	}, []);
	return html`<dialog ref=${ref} class=${cls('sheet', { side })} aria-label=${title}
		onCancel=${(e) => {
			if (e.target === ref.current) { /* and not a choice of a file in it */
				e.preventDefault();
				leave();
			}
		}}
		onClose=${stay}
		onInput=${() => { changed.current = true; }}
		onPointerDown=${(e) => { beside.current = e.target === ref.current; }}
		onClick=${(e) => beside.current && e.target === ref.current && leave()}>
		<div class="sheet-body">
			<header><h2>${title}</h2>
				<${IconButton} icon="close" label=${t('close')} onClick=${leave} /></header>
			${children}
		</div></dialog>`;
}

/** A sheet of things to do: items are [key, text, action, dangerous]. */
export function Menu({ title, items, onClose }) {
	return html`<${Sheet} title=${title} onClose=${onClose}><ul class="menu">
		${items.filter(Boolean).map(([key, text, action, danger]) => html`<li key=${key}><button type="button" class=${cls({ danger })}
			onClick=${action}>${text}</button></li>`)}</ul><//>`;
}

const LONG_PRESS_MS = 550;

/* The click that lifting the finger makes is not meant for what has come under it. */
function eatClick() {
	const eat = (e) => { e.stopPropagation(); e.preventDefault(); };
	const end = () => setTimeout(() => removeEventListener('click', eat, true), 50);

	addEventListener('click', eat, true);
	addEventListener('pointerup', end, { once: true, capture: true });
	addEventListener('pointercancel', end, { once: true, capture: true });
}

/**
 * What an element needs so that a finger that rests, or a right click, opens something, also where a
 * browser has no event for the former.
 */
export function useLongPress(open) {
	const press = useRef(0), latest = useRef(open);
	const lift = () => {
		clearTimeout(press.current);
		press.current = 0;
	};
	const touched = () => {
		lift();
		eatClick();
		latest.current();
	};

	latest.current = open;
	useEffect(() => lift, []);
	return {
		onPointerDown: (e) => {
			if (e.pointerType === 'touch')
				press.current = setTimeout(touched, LONG_PRESS_MS);
		},
		onPointerUp: lift,
		onPointerCancel: lift,
		onPointerMove: (e) => (e.movementX || e.movementY) && lift(),
		onContextMenu: (e) => {
			e.preventDefault();
			if (e.pointerType !== 'touch')
				open();
			else if (press.current)
				touched();
		},
	};
}

let moved = false; /* by a key: the focus goes with the choice, also where it draws the tabs anew */

export function Tabs({ tabs, chosen, onChoose, label }) {
	const ref = useRef(null);
	const onKey = (e) => {
		const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key], i = tabs.findIndex(([key]) => key === chosen);

		if (!by || !tabs[i + by] || e.ctrlKey || e.metaKey || e.altKey)
			return;
		e.preventDefault();
		moved = true;
		onChoose(tabs[i + by][0]);
	};

	useLayoutEffect(() => {
		if (moved)
			ref.current.querySelector('[aria-selected=true]')?.focus();
		moved = false;
	}, [chosen]);
	return html`<div class="tabs" role="tablist" aria-label=${label} ref=${ref} onKeyDown=${onKey}>
		${tabs.map(([key, text]) => html`<button key=${key} type="button" role="tab"
			aria-selected=${key === chosen ? 'true' : 'false'} onClick=${() => onChoose(key)}>${text}</button>`)}
	</div>`;
}

/* The cover; moving while a mouse rests on it, where the server has a preview. */
function Cover({ clip }) {
	const [moving, move] = useState(''), timer = useRef(0);
	const over = (e) => {
		if (e.pointerType === 'mouse' && !matchMedia('(prefers-reduced-motion: reduce)').matches)
			timer.current = setTimeout(() => call('preview', { video_id: clip.id })
				.then((p) => timer.current && move(p.url), () => {}), 400);
	};
	const out = () => {
		clearTimeout(timer.current);
		timer.current = 0;
		move('');
	};

	useEffect(() => out, []);
	return html`<img src=${moving || clip.coverUrl} alt=${clip.title} loading="lazy" onPointerEnter=${over} onPointerLeave=${out} />`;
}

/** Small pictures of clips, each a link to it. */
export function Grid({ pages, empty, onEdit }) {
	return html`<div><ul class="grid">${pages.rows.map((v) => html`<li key=${v.id}>
			<a href=${`/v/${v.id}`} onClick=${() => handOn(pages, v)}>
				<${Cover} clip=${v} />
				${v.state && v.state !== 'ready' && html`<span class="badge">${t(`state_${v.state}`)}</span>`}
				<span class="under"><${Icon} name="heart" size="14" /> ${count(v.likeCount)}</span></a>
			${onEdit && html`<${IconButton} icon="more" class="icon-button grid-more" label=${t('edit_clip', { title: v.title })}
				onClick=${() => onEdit(v)} />`}</li>`)}
		</ul><${ListEnd} pages=${pages} empty=${empty} /></div>`;
}

/** Runs an action and says what went wrong; true when it went well, or had been done already. */
export async function attempt(action) {
	try {
		await action();
		return true;
	} catch (error) {
		if (isDone(error))
			return true;
		toast(error.message);
		return false;
	}
}

/* By hand: pages that came without TLS have no clipboard. */
function copySelected(text) {
	const field = document.createElement('textarea'), before = document.activeElement;

	field.value = text;
	field.readOnly = true; /* no keyboard comes up */
	field.className = 'hidden';
	foreground().append(field);
	field.select();
	const done = document.execCommand('copy');

	field.remove();
	before?.focus?.();
	return done;
}

/** Copies a text and says that it did; false where only the text could be shown. */
export async function copyText(text, said) {
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		if (!copySelected(text)) {
			prompt('', text);
			return false;
		}
	}
	toast(said);
	return true;
}
