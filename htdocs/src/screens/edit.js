/* edit.js - one's own clip after its upload: words, cover, numbers, and the end of it. */

import { call } from '../api.js';
import { count, html, useEffect, useRef, useState } from '../lib.js';
import { toast } from '../session.js';
import { Sheet } from '../ui.js';
import { t } from '../words.js';
import { RuleFields, saveRule, useRule } from './rules.js';

/** onClose(null), ('gone'), or with what changed of the row. */
export function EditClip({ clip, onClose }) {
	const [error, setError] = useState(''), [stats, setStats] = useState(null), [reason, setReason] = useState(''), [busy, setBusy] = useState(false);
	const video = useRef(null), [rule, setRule] = useRule(clip.id);

	useEffect(() => {
		if (clip.state !== 'ready')
			call('videoStatus', { video_id: clip.id }).then((s) => setReason(s.reason), () => {});
		call('videoStats', { video_id: clip.id }).then(setStats, () => {});
	}, [clip.id]);

	const run = async (action, change) => {
		setBusy(true);
		try {
			await action();
			onClose(change);
		} catch (why) {
			setError(why.message);
		}
		setBusy(false);
	};
	const save = (e) => {
		const form = new FormData(e.target), cover = form.get('cover');
		const change = { title: form.get('title').trim(), description: form.get('description').trim() };

		e.preventDefault();
		run(async () => {
			if (change.title !== clip.title || change.description !== clip.description)
				await call('updateVideo', { video_id: clip.id, ...change });
			if (cover.size)
				await call('setCover', { video_id: clip.id, cover });
			else if (form.get('moment'))
				await call('setCover', { video_id: clip.id, time_ms: Math.round(video.current.currentTime * 1000) });
			await saveRule(rule);
			if (cover.size || form.get('moment'))
				toast(t('cover_soon'));
		}, change);
	};

	return html`<${Sheet} title=${t('edit_title')} ask=${t('discard_sure')} onClose=${() => onClose(null)}>
		<form class="form" onSubmit=${save}>
			${clip.state !== 'ready' && html`<p>${t(`state_${clip.state}`)} ${reason}</p>`}
			${stats && html`<p class="dim">${t('n_views', { n: count(stats.viewCount) })}</p>`}
			<label>${t('title')}<input name="title" maxlength="128" defaultValue=${clip.title} /></label>
			<label>${t('description')}<textarea name="description" maxlength="1000" rows="2" defaultValue=${clip.description} /></label>
			${clip.state === 'ready' && html`<fieldset><legend>${t('cover')}</legend>
				<video class="cover-choice" ref=${video} src=${clip.url} muted controls playsinline preload="metadata" aria-label=${t('cover')} />
				<label class="check"><input type="checkbox" name="moment" /> ${t('cover_time')}</label></fieldset>`}
			<label>${t('cover_image')}<input type="file" name="cover" accept="image/jpeg,image/png,image/webp" /></label>
			<${RuleFields} rule=${rule} onChange=${setRule} />
			<p class="error" role="alert">${error}</p>
			<button type="submit" class="main" disabled=${busy}>${t('save')}</button>
			<button type="button" class="plain danger" disabled=${busy} onClick=${() => confirm(t('delete_sure')) &&
				run(() => call('deleteVideo', { video_id: clip.id }), 'gone')}>${t('delete_clip')}</button>
		</form><//>`;
}
