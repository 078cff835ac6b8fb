/* settings.js - how this device shows things, and the way out. */

import { chooseLanguage, languageKey, languages, t } from '../i18n.js';
import { call, can } from '../api.js';
import { html, useState } from '../lib.js';
import { go } from '../router.js';
import { changeSettings, forgetViewer, useSession } from '../session.js';
import { TopBar, attempt } from '../ui.js';
import { People } from './profile.js';

function Unblock({ user }) {
	const [gone, go] = useState(false);

	return html`<button type="button" class="follow on" disabled=${gone} onClick=${async () => {
		go(await attempt(() => call('unblock', { target_user_id: user.id })));
	}}>${t('unblock')}</button>`;
}

export function Settings() {
	const [sheet, setSheet] = useState('');
	const { viewer, settings } = useSession();

	return html`<main class="page narrow"><${TopBar} title=${t('settings')} />
		<form class="form" onSubmit=${(e) => e.preventDefault()}>
			<label>${t('language')}<select value=${languageKey()} onChange=${(e) => chooseLanguage(e.target.value)}>
				${Object.entries(languages).map(([k, name]) => html`<option key=${k} value=${k}>${name}</option>`)}</select></label>
			<label>${t('theme')}<select value=${settings.theme} onChange=${(e) => changeSettings({ theme: e.target.value })}>
				<option value="dark">${t('theme_dark')}</option><option value="light">${t('theme_light')}</option></select></label>
			<label class="check"><input type="checkbox" checked=${settings.saver}
				onChange=${(e) => changeSettings({ saver: e.target.checked })} /> ${t('saver')}</label>
			<label class="check"><input type="checkbox" checked=${settings.sound}
				onChange=${(e) => changeSettings({ sound: e.target.checked })} /> ${t('sound_on')}</label>
			<section><h2>${t('shortcuts')}</h2><p class="dim">${t('shortcuts_text')}</p></section>
			${viewer && can('blocks') && html`<button type="button" class="follow on" onClick=${() => setSheet('blocks')}>${t('blocked')}</button>`}
			${viewer && html`<button type="button" class="main" onClick=${() => { forgetViewer(); go('/'); }}>${t('logout')}</button>`}
		</form>
		${sheet && html`<${People} title=${t('blocked')} name="blocks" action=${Unblock} onClose=${() => setSheet('')} />`}</main>`;
}
