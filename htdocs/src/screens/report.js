/* report.js - tells the moderators of a clip, a comment, a user or a message, and why. */

import { call } from '../api.js';
import { html, useState } from '../lib.js';
import { toast } from '../session.js';
import { Sheet } from '../ui.js';
import { t } from '../words.js';

const REASONS = ['spam', 'violence', 'sex', 'hate', 'fraud', 'minor', 'copyright', 'other'];

export function Report({ kind, id, onClose }) {
	const [error, setError] = useState(''), [busy, setBusy] = useState(false);
	const send = async (e) => {
		const form = new FormData(e.target);

		e.preventDefault();
		setBusy(true);
		try {
			await call('report', { kind, id, reason: form.get('reason'), text: form.get('text').trim() });
			toast(t('report_thanks'));
			onClose();
		} catch (why) {
			setError(why.message);
			setBusy(false);
		}
	};

	return html`<${Sheet} title=${t(`report_${kind}`)} onClose=${onClose}><form class="form" onSubmit=${send}>
		<fieldset class="choices"><legend>${t('report_why')}</legend>
			${REASONS.map((r) => html`<label key=${r} class="check"><input type="radio" name="reason" value=${r} required /> ${t(`reason_${r}`)}</label>`)}
		</fieldset>
		<label>${t('report_words')}<textarea name="text" maxlength="1000" rows="2" /></label>
		<p class="error" role="alert">${error}</p>
		<button type="submit" class="main" disabled=${busy}>${t('report_send')}</button></form><//>`;
}
