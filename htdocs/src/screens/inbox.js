/* inbox.js - notifications, conversations, and who asks to follow; chat.js is one conversation. */

import { call, countUnread, page } from '../api.js';
import { withViewer } from '../gate.js';
import { ago, html, usePages, useEffect, useRef } from '../lib.js';
import { go, useAgain, userPath, videoPath } from '../router.js';
import { useSession } from '../session.js';
import { Avatar, ListEnd, Tabs, TopBar, UserRow, attempt } from '../ui.js';
import { t } from '../words.js';

function target(n) {
	if (n.type === 'request')
		return '/#/inbox?tab=requests';
	if (n.type === 'follow')
		return userPath(n.actors?.[0]?.username || '');
	if (n.type === 'message')
		return `/#/chat/${encodeURIComponent(n.actors?.[0]?.username || '')}`;
	return videoPath(n.videoId || n.relatedId);
}

/* Anew when the way here is taken once more; what has come when more is unread, in its place: nothing jumps.
 * then: called with its rows. */
function useFresh(pages, then) {
	const { unread } = useSession(), before = useRef(unread);
	const look = async () => {
		const { rows } = await pages.load();

		pages.change((old) => [...rows, ...old.filter((x) => !rows.some((row) => row.id === x.id))]);
		then?.(rows);
	};

	useAgain(pages.reload);
	useEffect(() => {
		if (unread > before.current)
			look().catch(() => {}); /* the badge says it still */
		before.current = unread;
	}, [unread]);
}

function Notifications() {
	const pages = usePages((cursor) => page('notifications', { page_size: 20, cursor }), []);
	const read = (rows) => rows.some((n) => !n.isRead) && call('readNotifications',
		{ until_ms: Math.max(...rows.map((n) => n.createTimeMs)) }).then(countUnread, () => {});

	useFresh(pages, read);
	useEffect(() => { read(pages.rows); }, [pages.rows.length > 0]);
	return html`<div class="people"><ul>${pages.rows.map((n) => html`<li key=${n.id} class=${n.isRead ? 'user-row' : 'user-row unread'}>
		<${Avatar} user=${n.actors?.[0] || {}} />
		<a class="grow" href=${target(n)}><span>${n.title}</span>
			${n.content && html`<span class="dim clip-text">${n.content}</span>`}
			<span class="dim small">${ago(n.createTimeMs / 1000)}</span></a></li>`)}
		</ul><${ListEnd} pages=${pages} empty=${t('no_notifications')} /></div>`;
}

function Conversations() {
	const pages = usePages(async (cursor) => {
		const { rows, cursor: next } = await page('conversations', { page_size: 20, cursor });

		return { rows: rows.map((c) => ({ ...c, id: c.user.id })), cursor: next };
	}, []);

	useFresh(pages);

	return html`<div class="people"><ul>${pages.rows.map((c) => html`<li key=${c.id} class="user-row">
		<${Avatar} user=${c.user} />
		<a class="grow" href=${`/#/chat/${encodeURIComponent(c.user.username)}`}><strong>${c.user.username}</strong>
			<span class="dim clip-text">${c.lastMessage.content}</span></a>
		${c.unreadCount > 0 && html`<span class="badge" aria-label=${t('n_unread', { n: c.unreadCount })}>${c.unreadCount}</span>`}</li>`)}
		</ul><${ListEnd} pages=${pages} empty=${t('no_messages')} /></div>`;
}

/* Who asks to follow a private account. */
function Requests({ pages }) {
	const answer = (user, operation) => attempt(async () => {
		await call(operation, { target_user_id: user.id });
		pages.change((rows) => rows.filter((u) => u.id !== user.id));
	});

	return html`<div class="people"><ul>${pages.rows.map((u) => html`<${UserRow} key=${u.id} user=${u}>
		<button type="button" class="follow" aria-label=${t('accept_name', { name: u.username })} onClick=${() => answer(u, 'acceptFollow')}>${t('accept')}</button>
		<button type="button" class="follow on" aria-label=${t('decline_name', { name: u.username })} onClick=${() => answer(u, 'declineFollow')}>${t('decline')}</button><//>`)}
		</ul><${ListEnd} pages=${pages} empty=${t('no_requests')} /></div>`;
}

export const Inbox = withViewer(({ params }) => {
	const { viewer } = useSession(), tab = params.tab || 'notifications';
	const requests = usePages((cursor) => page('followRequests', { page_size: 20, cursor }), []), n = requests.rows.length;
	const tabs = [['notifications', t('notifications')], ['messages', t('messages')]];

	useFresh(requests);
	if (n || viewer?.user.isPrivate || tab === 'requests')
		tabs.push(['requests', n ? `${t('requests')} (${n}${requests.more ? '+' : ''})` : t('requests')]);
	const pick = (key) => {
		go(`/#/inbox?tab=${key}`, { replace: true });
		if (key === 'requests')
			requests.reload();
	};

	return html`<main class="page narrow"><${TopBar} title=${t('inbox')} />
		<${Tabs} label=${t('inbox')} chosen=${tab} onChoose=${pick} tabs=${tabs} />
		${tab === 'notifications' ? html`<${Notifications} />` : tab === 'messages' ? html`<${Conversations} />`
			: html`<${Requests} pages=${requests} />`}</main>`;
});
