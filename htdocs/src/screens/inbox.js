/* inbox.js - notifications and conversations; chat.js is one conversation. */

import { call, page } from '../api.js';
import { t } from '../i18n.js';
import { ago, html, madeAt, usePages, useEffect, useState } from '../lib.js';
import { userPath, videoPath } from '../router.js';
import { setUnread, viewerId } from '../session.js';
import { Avatar, ListEnd, Tabs, TopBar } from '../ui.js';
import { needLogin } from './feed.js';

function target(n) {
	if (n.type === 'follow')
		return userPath(n.actors?.[0]?.username || '');
	if (n.type === 'message')
		return `/#/chat/${encodeURIComponent(n.actors?.[0]?.username || '')}`;
	return videoPath(n.videoId || n.relatedId);
}

function Notifications() {
	const pages = usePages((cursor) => page('notifications', { page_size: 20, cursor }), []);

	useEffect(() => {
		if (pages.rows.some((n) => !n.isRead))
			call('readNotifications', {}).then(() => setUnread(0), () => {});
	}, [pages.rows.length > 0]);
	return html`<div class="people"><ul>${pages.rows.map((n) => html`<li key=${n.id} class=${n.isRead ? 'user-row' : 'user-row unread'}>
		<${Avatar} user=${n.actors?.[0] || {}} />
		<a class="grow" href=${target(n)}><span>${n.content || n.title}</span><span class="dim small">${ago(madeAt(n.id))}</span></a></li>`)}
		</ul><${ListEnd} pages=${pages} empty=${t('no_notifications')} /></div>`;
}

function Conversations() {
	const pages = usePages(async (cursor) => {
		const { rows, cursor: next } = await page('conversations', { page_size: 20, cursor });

		return { rows: rows.map((c) => ({ ...c, id: c.user.id })), cursor: next };
	}, []);

	return html`<div class="people"><ul>${pages.rows.map((c) => html`<li key=${c.id} class="user-row">
		<${Avatar} user=${c.user} />
		<a class="grow" href=${`/#/chat/${encodeURIComponent(c.user.username)}`}><strong>${c.user.username}</strong>
			<span class="dim clip-text">${c.lastMessage.content}</span></a>
		${c.unreadCount > 0 && html`<span class="badge" aria-label=${t('n_unread', { n: c.unreadCount })}>${c.unreadCount}</span>`}</li>`)}
		</ul><${ListEnd} pages=${pages} empty=${t('no_messages')} /></div>`;
}

export function Inbox() {
	const [tab, choose] = useState('notifications');

	if (!viewerId()) {
		needLogin();
		return null;
	}
	return html`<main class="page narrow"><${TopBar} title=${t('inbox')} />
		<${Tabs} label=${t('inbox')} chosen=${tab} onChoose=${choose} tabs=${[['notifications', t('notifications')], ['messages', t('messages')]]} />
		${tab === 'notifications' ? html`<${Notifications} />` : html`<${Conversations} />`}</main>`;
}
