/* rules.js - who may comment, and with which words not: on one clip, or (videoId 0) on all of one's own.
 * The words of both hold. */

import { call } from '../api.js';
import { html, useEffect, useState } from '../lib.js';
import { Sheet } from '../ui.js';
import { t } from '../words.js';

/** The rule of a clip, and how to change it here; null until it is known. */
export function useRule(videoId) {
	const [rule, set] = useState(null);

	useEffect(() => {
		call('commentRule', videoId ? { video_id: videoId } : {}).then((r) => set({ ...r, was: r }), () => {});
	}, [videoId]);
	return [rule, set];
}

export async function saveRule(rule) {
	if (!rule || (rule.mode === rule.was.mode && rule.words === rule.was.words))
		return;
	await call('setCommentRule', { mode: rule.mode, ...(rule.videoId ? { video_id: rule.videoId } : {}),
		words: rule.words.split('\n').map((w) => w.trim()).filter(Boolean) });
}

export function RuleFields({ rule, onChange }) {
	if (!rule)
		return null;
	return html`<fieldset><legend>${rule.videoId ? t('rule_on_clip') : t('rule_on_all')}</legend>
		<label>${t('rule_who')}<select value=${rule.mode} onChange=${(e) => onChange({ ...rule, mode: e.target.value })}>
			${[...(rule.videoId ? ['account'] : []), 'all', 'followers', 'off'].map((m) => html`<option key=${m} value=${m}>${t(`rule_${m}`)}</option>`)}</select></label>
		<label>${t('rule_words')}<textarea rows="2" value=${rule.words} onInput=${(e) => onChange({ ...rule, words: e.target.value })} /></label>
	</fieldset>`;
}

/** The rule for all one's clips, as a sheet. */
export function Rules({ onClose }) {
	const [rule, setRule] = useRule(0), [error, setError] = useState('');
	const save = async (e) => {
		e.preventDefault();
		try {
			await saveRule(rule);
			onClose();
		} catch (why) {
			setError(why.message);
		}
	};

	return html`<${Sheet} title=${t('rule_title')} ask=${t('discard_sure')} onClose=${onClose}><form class="form" onSubmit=${save}>
		<${RuleFields} rule=${rule} onChange=${setRule} />
		<p class="error" role="alert">${error}</p>
		<button type="submit" class="main" disabled=${!rule}>${t('save')}</button></form><//>`;
}
