/* settings.js - how this device shows things, and the way out. */

import { chooseLanguage, languageKey, languages } from '../i18n.js';
import { html } from '../lib.js';
import { go } from '../router.js';
import { changeSettings, useSession } from '../session.js';
import { TopBar } from '../ui.js';
import { t } from '../words.js';
import { Account, logOut } from './account.js';

export function Settings() {
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
		</form>
		${viewer && html`<${Account} /><div class="form"><button type="button" class="main" onClick=${() => { logOut(); go('/'); }}>${t('logout')}</button></div>`}</main>`;
}
