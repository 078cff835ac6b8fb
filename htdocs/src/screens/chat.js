/* chat.js - one conversation.  It polls: often while something happens, seldom when nothing does, and
 * not at all while the page is hidden. */

import { call, page } from '../api.js';
import { ago, cls, madeAt, html, useEffect, useLayoutEffect, useRef, useState } from '../lib.js';
import { viewerId } from '../session.js';
import { Menu, TopBar, attempt, copyText, useLongPress } from '../ui.js';
import { t } from '../words.js';
import { needLogin } from './feed.js';
import { Report } from './report.js';

const FAST_MS = 2000, SLOW_MS = 20000, PAGE = 30;

/* Oldest first, each once. */
function merge(a, b) {
	const all = new Map([...a, ...b].map((m) => [m.id, m]));

	return [...all.values()].sort((x, y) => x.id - y.id);
}

function Message({ message: m, onMenu }) {
	const press = useLongPress(onMenu);

	return html`<li class=${cls('message', { mine: m.sendId === viewerId() })}>
		<p ...${press}>${m.content}</p><span class="dim small">${ago(madeAt(m.id))}
			<button type="button" class="dots" aria-label=${t('more')} onClick=${onMenu}>···</button></span></li>`;
}

export function Chat({ name }) {
	const [peer, setPeer] = useState(null), [messages, setMessages] = useState([]), [text, write] = useState('');
	const [error, setError] = useState(''), [older, setOlder] = useState(null), [chosen, choose] = useState(null), list = useRef(null), stick = useRef(true);

	useEffect(() => {
		let timer, wait = FAST_MS, known = 0, over = false, user;

		const poll = async () => {
			if (document.visibilityState === 'visible') {
				try {
					const { rows, cursor } = await page('messages', { other_user_id: user.id, page_size: PAGE });
					const newest = Math.max(0, ...rows.map((m) => m.id));

					wait = newest > known ? FAST_MS : Math.min(SLOW_MS, wait * 1.3);
					if (!known)
						setOlder(cursor);
					if (rows.some((m) => m.sendId === user.id && !m.isRead))
						call('readMessages', { other_user_id: user.id }).catch(() => {});
					known = Math.max(known, newest);
					if (!over)
						setMessages((m) => merge(m, rows));
					setError('');
				} catch (why) {
					setError(why.message);
					wait = SLOW_MS;
				}
			}
			if (!over)
				timer = setTimeout(poll, wait);
		};
		const wake = () => {
			if (document.visibilityState === 'visible' && user) {
				clearTimeout(timer);
				wait = FAST_MS;
				poll();
			}
		};

		if (!viewerId()) {
			needLogin();
			return undefined;
		}
		(async () => {
			try {
				user = await call('userByName', { username: name });
				setPeer(user);
				poll();
			} catch (why) {
				setError(why.message);
			}
		})();
		addEventListener('visibilitychange', wake);
		return () => {
			over = true;
			clearTimeout(timer);
			removeEventListener('visibilitychange', wake);
		};
	}, [name]);
	useLayoutEffect(() => {
		if (stick.current && list.current)
			list.current.scrollTop = list.current.scrollHeight;
	}, [messages.length]);

	const send = async (e) => {
		const content = text.trim();

		e.preventDefault();
		if (!content || !peer)
			return;
		stick.current = true;
		if (await attempt(async () => {
			const { message_id: id } = await call('sendMessage', { receiver_id: peer.id, content });

			setMessages((m) => merge(m, [{ id, sendId: viewerId(), receiveId: peer.id, content }]));
		}))
			write('');
	};
	const copy = async (m) => {
		choose(null);
		await copyText(m.content, t('copied'));
	};
	const remove = (m) => confirm(t('delete_message_sure')) && attempt(async () => {
		await call('deleteMessage', { message_id: m.id });
		setMessages((all) => all.filter((x) => x.id !== m.id));
		choose(null);
	});
	const more = () => attempt(async () => {
		const { rows, cursor } = await page('messages', { other_user_id: peer.id, page_size: PAGE, cursor: older });

		stick.current = false;
		setOlder(cursor);
		setMessages((m) => merge(rows, m));
	});

	return html`<main class="page narrow chat"><${TopBar} title=${name} />
		<ol class="messages" ref=${list} onScroll=${(e) => {
			stick.current = e.target.scrollHeight - e.target.scrollTop - e.target.clientHeight < 80;
		}}>
			${peer && older && messages.length > 0 && html`<li><button type="button" class="plain" onClick=${more}>${t('older')}</button></li>`}
			${messages.map((m) => html`<${Message} key=${m.id} message=${m} onMenu=${() => choose({ m })} />`)}
		</ol>
		${error && html`<p class="error" role="alert">${error}</p>`}
		<form class="write" onSubmit=${send}><input value=${text} onInput=${(e) => write(e.target.value)} maxlength="1000"
			aria-label=${t('write_message')} placeholder=${t('write_message')} />
			<button type="submit" disabled=${!text.trim() || !peer}>${t('send')}</button></form>
		${chosen && !chosen.report && html`<${Menu} title=${t('message')} onClose=${() => choose(null)} items=${[
			['copy', t('copy_text'), () => copy(chosen.m)],
			chosen.m.sendId !== viewerId() && ['report', t('report'), () => choose({ ...chosen, report: true }), true],
			['delete', t('delete'), () => remove(chosen.m), true],
		]} />`}
		${chosen?.report && html`<${Report} kind="message" id=${chosen.m.id} onClose=${() => choose(null)} />`}
	</main>`;
}
