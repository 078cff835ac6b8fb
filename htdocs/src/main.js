/* main.js - the client begins here: the bar at the bottom (or the side), and a screen. */

import { countUnread } from './api.js';
import { t } from './i18n.js';
import { html, nameScreen, render, useEffect, useErrorBoundary, useLayoutEffect, useRef } from './lib.js';
import { userPath, useRoute } from './router.js';
import { useSession } from './session.js';
import { Icon, Lazy, Toasts, Trouble } from './ui.js';
import { Clip, Feed } from './screens/feed.js';

/* The screens that the first picture does not need come when they are asked for. */
const later = {
	login: () => import('./screens/login.js').then((m) => m.Login),
	user: () => import('./screens/profile.js').then((m) => m.User),
	upload: () => import('./screens/upload.js').then((m) => m.UploadScreen),
	search: () => import('./screens/search.js').then((m) => m.Search),
	inbox: () => import('./screens/inbox.js').then((m) => m.Inbox),
	chat: () => import('./screens/chat.js').then((m) => m.Chat),
	settings: () => import('./screens/settings.js').then((m) => m.Settings),
	moderate: () => import('./screens/moderate.js').then((m) => m.Moderate),
};

/* Those without an h1 of their own text, or that come later. */
const titles = { login: t('login'), upload: t('upload'), search: t('search'), inbox: t('inbox') };
const focusScreen = () => document.getElementById('screen').focus({ preventScroll: true });

function Screen({ route }) {
	const [broken, mend] = useErrorBoundary((error) => console.error(error)), first = useRef(true);

	useEffect(() => mend(), [route]);
	/* Before the screen itself says more. */
	useLayoutEffect(() => nameScreen(titles[route.name]), [route.name, route.arg]);
	/* What was focused may be gone with its screen: the next key belongs to the new one. */
	useEffect(() => {
		if (!first.current && document.activeElement === document.body)
			focusScreen();
		first.current = false;
	}, [route]);
	if (broken)
		return html`<main class="page"><h1 class="hidden">Doufu</h1><${Trouble} error=${{ message: t('broken') }}
			again=${() => location.reload()} /></main>`;
	switch (route.name) {
	case 'feed':
		return html`<${Feed} />`;
	case 'clip':
		return html`<${Clip} key=${route.arg} id=${route.arg} />`;
	case 'user':
	case 'me':
		return html`<${Lazy} key=${`user${route.arg}`} screen load=${later.user} name=${route.name === 'me' ? undefined : route.arg} params=${route.params} />`;
	case 'chat':
		return html`<${Lazy} key=${route.arg} screen load=${later.chat} name=${route.arg} />`;
	default:
		return Object.hasOwn(later, route.name) ? html`<${Lazy} key=${route.name} screen load=${later[route.name]} params=${route.params} />`
			: html`<main class="page"><h1 class="hidden">Doufu</h1><p class="notice">${t('no_such_page')} <a href="/">${t('home')}</a></p></main>`;
	}
}

const UNREAD_MS = 30000;

function App() {
	const route = useRoute(), { viewer, unread } = useSession();
	const items = [['feed', '/', 'home', t('home')], ['search', '/#/search', 'search', t('search')],
		['upload', '/#/upload', 'plus', t('upload')], ['inbox', '/#/inbox', 'inbox', t('inbox')],
		['me', viewer ? userPath(viewer.user.username) : '/#/login', 'person', viewer ? t('me') : t('login')]];
	const here = route.name === 'user' && route.arg === viewer?.user.username ? 'me'
		: route.name === 'clip' ? 'feed' : route.name === 'chat' ? 'inbox' : route.name;

	useEffect(() => {
		if (!viewer)
			return undefined;
		const ask = () => document.visibilityState === 'visible' && countUnread();
		const timer = setInterval(ask, UNREAD_MS);

		ask();
		return () => clearInterval(timer);
	}, [viewer?.user.id]);

	return html`<div class="app"><a class="skip" href="#screen" onClick=${(e) => { e.preventDefault(); focusScreen(); }}>${t('skip')}</a>
		<nav class="bar" aria-label=${t('main_menu')}>${items.map(([key, href, icon, label]) => html`
			<a key=${key} href=${href} class=${`to-${key}`} aria-current=${here === key ? 'page' : undefined}>
				<${Icon} name=${icon} /><span>${label}</span>
				${key === 'inbox' && unread > 0 && html`<b class="badge" aria-label=${t('n_unread', { n: unread })}>${unread > 99 ? '99+' : unread}</b>`}</a>`)}</nav>
		<div id="screen" class="screen" tabindex="-1"><${Screen} route=${route} /></div><${Toasts} /></div>`;
}

render(html`<${App} />`, document.getElementById('app'));

/* The one address of a script that the page hands out itself. */
function workerUrl() {
	const own = { createScriptURL: () => '/sw.js' };

	return window.trustedTypes ? window.trustedTypes.createPolicy('worker', own).createScriptURL('') : '/sw.js';
}

/* It fetches the client once more, for days without a network: not while the first clip comes. */
const WORKER_MS = 3000;

if (window.isSecureContext)
	addEventListener('load', () => setTimeout(() => navigator.serviceWorker?.register(workerUrl()).catch(() => {}), WORKER_MS));
