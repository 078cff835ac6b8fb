/* chat.js - one conversation.  It polls: often while something happens, seldom when nothing does, and
 * not at all while the page is hidden.
 *
 * The invariant: between the oldest message shown and the newest none is missing, and none that was
 * taken back is seen again. */

import { call, page } from '../api.js';
import { withViewer } from '../gate.js';
import { ago, cls, madeAt, html, useEffect, useLayoutEffect, useRef, useState } from '../lib.js';
import { userPath } from '../router.js';
import { viewerId } from '../session.js';
import { Menu, TopBar, attempt, copyText, useLongPress } from '../ui.js';
import { t } from '../words.js';
import { Report } from './report.js';

const FAST_MS = 2000, SLOW_MS = 20000, PAGE = 30;
const HOLE = 10 * PAGE; /* messages that came unseen; after more, one begins anew with the newest */
const EDGE = 3; /* at the end of a page ids may be in another order than times, by which the server pages */

/* Oldest first, each once. */
function merge(a, b) {
	const all = new Map([...a, ...b].map((m) => [m.id, m]));

	return [...all.values()].sort((x, y) => x.id - y.id);
}

const pageWith = (user, cursor) => page('messages', { other_user_id: user.id, page_size: PAGE, cursor });

/** The newest messages, down to the one with the id known: { rows, cursor, joins }, joins: it was reached. */
async function newest(user, known) {
	let { rows, cursor } = await pageWith(user);
	const joins = () => !cursor || rows.some((m) => m.id <= known);

	while (known && !joins() && rows.length < HOLE) {
		const before = await pageWith(user, cursor);

		rows = merge(before.rows, rows);
		cursor = before.cursor;
	}
	return { rows, cursor, joins: joins() };
}

/** What is shown after a poll.  Of the messages that were shown before it, those are gone that it should have
 * had; removed: what was deleted here, which a slow poll may still have. */
function after(shown, before, { rows, cursor, joins }, removed) {
	const ids = rows.map((m) => m.id).sort((x, y) => x - y), since = cursor ? ids[EDGE] ?? Infinity : 0;
	const stays = shown.filter((m) => !before.has(m.id) || (joins && m.id < since) || ids.includes(m.id));

	return merge(stays, rows).filter((m) => !removed.has(m.id));
}

function Message({ message: m, onMenu }) {
	const press = useLongPress(onMenu);

	return html`<li class=${cls('message', { mine: m.sendId === viewerId() })}>
		<p ...${press}>${m.content}</p><span class="dim small">${ago(madeAt(m.id))}
			<button type="button" class="dots" aria-label=${t('more')} onClick=${onMenu}>···</button></span></li>`;
}

export const Chat = withViewer(({ name }) => {
	const [peer, setPeer] = useState(null), [messages, setMessages] = useState(null), [text, write] = useState(''), [busy, setBusy] = useState(false);
	const [error, setError] = useState(''), [older, setOlder] = useState(null), [chosen, choose] = useState(null);
	const list = useRef(null), pollNow = useRef(null), stick = useRef(true), shown = useRef([]), removed = useRef(new Set());

	const show = (rows) => {
		shown.current = rows;
		setMessages(rows);
	};

	useEffect(() => {
		let timer, wait = FAST_MS, known = 0, over = false, running = false, user;

		const look = async () => {
			if (!user)
				setPeer(user = await call('userByName', { username: name }));
			const before = new Set(shown.current.map((m) => m.id)), found = await newest(user, known);
			const last = Math.max(known, ...found.rows.map((m) => m.id));

			if (over)
				return;
			wait = last > known ? FAST_MS : Math.min(SLOW_MS, wait * 1.3);
			if (!known || !found.joins)
				setOlder(found.cursor);
			known = last;
			if (found.rows.some((m) => m.sendId === user.id && !m.isRead))
				call('readMessages', { other_user_id: user.id }).catch(() => {});
			show(after(shown.current, before, found, removed.current));
			setError('');
		};
		const poll = async () => {
			if (running)
				return;
			running = true;
			if (document.visibilityState === 'visible') {
				try {
					await look();
				} catch (why) {
					setError(why.message);
					wait = SLOW_MS;
				}
			}
			running = false;
			if (!over)
				timer = setTimeout(poll, wait);
		};
		const wake = () => {
			if (document.visibilityState === 'visible') {
				clearTimeout(timer);
				wait = FAST_MS;
				poll();
			}
		};

		poll();
		pollNow.current = wake;
		addEventListener('visibilitychange', wake);
		addEventListener('online', wake);
		return () => {
			over = true;
			clearTimeout(timer);
			removeEventListener('visibilitychange', wake);
			removeEventListener('online', wake);
		};
	}, [name]);
	useLayoutEffect(() => {
		if (stick.current && list.current)
			list.current.scrollTop = list.current.scrollHeight;
	}, [messages]);

	/* What is typed meanwhile is the next message; what could not be sent comes back before it. */
	const send = async (e) => {
		const content = text.trim();

		e.preventDefault();
		if (!content || !peer)
			return;
		stick.current = true;
		setBusy(true);
		write('');
		if (!await attempt(async () => {
			const { message_id: id } = await call('sendMessage', { receiver_id: peer.id, content });

			show(merge(shown.current, [{ id, sendId: viewerId(), receiveId: peer.id, content }]));
			setError('');
			pollNow.current();
		}))
			write((next) => (next ? `${content} ${next}` : content));
		setBusy(false);
	};
	const copy = async (m) => {
		choose(null);
		await copyText(m.content, t('copied'));
	};
	const remove = (m) => confirm(t('delete_message_sure')) && attempt(async () => {
		await call('deleteMessage', { message_id: m.id });
		removed.current.add(m.id);
		show(shown.current.filter((x) => x.id !== m.id));
		choose(null);
	});
	const more = () => attempt(async () => {
		const { rows, cursor } = await pageWith(peer, older);

		stick.current = false;
		setOlder(cursor);
		show(merge(rows.filter((m) => !removed.current.has(m.id)), shown.current));
	});

	return html`<main class="page narrow chat"><${TopBar} title=${html`<a href=${userPath(name)}>${name}</a>`} />
		<ol class="messages" ref=${list} onScroll=${(e) => {
			stick.current = e.target.scrollHeight - e.target.scrollTop - e.target.clientHeight < 80;
		}}>
			${!messages && !error && html`<li key="busy" class="notice"><span class="spinner" role="status" aria-label=${t('loading')} /></li>`}
			${messages?.length === 0 && html`<li key="empty" class="notice dim">${t('no_messages')}</li>`}
			${older && messages?.length > 0 && html`<li key="older"><button type="button" class="plain" onClick=${more}>${t('older')}</button></li>`}
			${messages?.map((m) => html`<${Message} key=${m.id} message=${m} onMenu=${() => choose({ m })} />`)}
		</ol>
		${error && html`<p class="error" role="alert">${error}</p>`}
		<form class="write" onSubmit=${send}><input value=${text} onInput=${(e) => write(e.target.value)} maxlength="1000"
			aria-label=${t('write_message')} placeholder=${t('write_message')} />
			<button type="submit" disabled=${!text.trim() || !peer || busy}>${t('send')}</button></form>
		${chosen && !chosen.report && html`<${Menu} title=${t('message')} onClose=${() => choose(null)} items=${[
			['copy', t('copy_text'), () => copy(chosen.m)],
			chosen.m.sendId !== viewerId() && ['report', t('report'), () => choose({ ...chosen, report: true }), true],
			['delete', t('delete'), () => remove(chosen.m), true],
		]} />`}
		${chosen?.report && html`<${Report} kind="message" id=${chosen.m.id} onClose=${() => choose(null)} />`}
	</main>`;
});
