/* more.js - the menu of a clip, which a long press, a right click or the three dots open. */

import { call, can } from '../api.js';
import { html, useState } from '../lib.js';
import { changeSettings, toast, useSession } from '../session.js';
import { Menu, attempt } from '../ui.js';
import { t } from '../words.js';
import { EditClip } from './edit.js';
import { dismiss, needLogin, share } from './feed.js';
import { Report } from './report.js';

export function More({ clip, pages, onClose }) {
	const { settings, viewer } = useSession();
	const [sheet, setSheet] = useState('menu');
	const own = viewer && clip.authorId === viewer.user.id, name = clip.author?.username;
	const without = (gone) => pages.change((rows) => rows.filter((v) => !gone(v)));
	const then = (action) => () => { action(); onClose(); };
	/* Of whom one does not want to see, no clip stays in the list. */
	const away = (operation, question, said) => async () => {
		if (needLogin(clip) || !confirm(question) || !await attempt(() => call(operation, { target_user_id: clip.authorId })))
			return;
		without((v) => v.authorId === clip.authorId);
		toast(said);
		onClose();
	};
	const items = [
		['share', t('copy_link'), then(() => share(clip))],
		['saver', settings.saver ? t('saver_off') : t('saver_on'), then(() => changeSettings({ saver: !settings.saver }))],
		viewer && !own && can('dismiss') && ['dismiss', t('not_interested'), then(() => {
			attempt(() => call('dismiss', { video_id: clip.id }));
			dismiss(clip);
			without((v) => v.id === clip.id);
		})],
		viewer && !own && name && ['mute', t('mute_name', { name }), away('mute', t('mute_sure', { name }), t('muted_now', { name }))],
		viewer && !own && name && ['block', t('block_name', { name }), away('block', t('block_sure', { name }), t('blocked_now', { name }))],
		!own && ['report', t('report'), () => needLogin(clip) || setSheet('report'), true],
		own && ['edit', t('edit_title'), () => setSheet('edit')],
		own && ['delete', t('delete_clip'), async () => {
			if (confirm(t('delete_sure')) && await attempt(() => call('deleteVideo', { video_id: clip.id })))
				without((v) => v.id === clip.id);
			onClose();
		}, true],
	];

	if (sheet === 'report')
		return html`<${Report} kind="video" id=${clip.id} onClose=${onClose} />`;
	if (sheet === 'edit')
		return html`<${EditClip} clip=${{ state: 'ready', ...clip }} onClose=${(change) => {
			if (change === 'gone')
				without((v) => v.id === clip.id);
			else if (change)
				pages.change((rows) => rows.map((v) => (v.id === clip.id ? { ...v, ...change } : v)));
			onClose();
		}} />`;
	return html`<${Menu} title=${t('more')} items=${items} onClose=${onClose} />`;
}
