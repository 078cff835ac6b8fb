/* comments.js - the comments on a clip: newest first, replies under theirs. */

import { call, page } from '../api.js';
import { useDraft } from '../drafts.js';
import { t } from '../i18n.js';
import { ago, count, madeAt, html, piece, usePages, useEffect, useRef, useState } from '../lib.js';
import { userPath } from '../router.js';
import { useSession, viewerId } from '../session.js';
import { Avatar, IconButton, Lazy, ListEnd, Menu, Sheet, attempt, copyText, useLongPress } from '../ui.js';
import { Text, loginPath, needLogin } from './feed.js';

const PAGE = 20;
const report = () => piece(() => import('./report.js')).then((m) => m.Report);

function Comment({ comment, clip, onReply, onGone, children }) {
	const [c, change] = useState(comment), [sheet, setSheet] = useState(null), press = useLongPress(() => setSheet('menu'));
	const user = c.user || { username: '' };
	const mine = viewerId() && (c.userId === viewerId() || clip.authorId === viewerId());

	const like = async () => {
		const on = !c.isLike;

		const act = [on ? 'likeComment' : 'unlikeComment', { video_id: clip.id, comment_id: c.id }];

		if (!needLogin(clip, ...act) && await attempt(() => call(...act)))
			change({ ...c, isLike: on, likeCount: (c.likeCount || 0) + (on ? 1 : -1) });
	};
	const remove = async () => {
		if (confirm(t('delete_comment_sure')) &&
		    await attempt(() => call('deleteComment', { video_id: clip.id, comment_id: c.id })))
			onGone(c);
		else
			setSheet(null);
	};
	const copy = async () => {
		setSheet(null);
		await copyText(c.content, t('copied'));
	};
	const items = [
		['reply', t('reply'), () => { setSheet(null); onReply(c); }],
		['copy', t('copy_text'), copy],
		c.userId !== viewerId() && ['report', t('report'), () => needLogin(clip) || setSheet('report'), true],
		mine && ['delete', t('delete'), remove, true],
	];

	return html`<li class="comment">
		<a href=${userPath(user.username)} tabindex="-1" aria-hidden="true"><${Avatar} user=${user} size="36" /></a>
		<div class="grow">
			<a class="dim" href=${userPath(user.username)}>${user.username}</a>
			<p ...${press}><${Text} text=${c.content} mentions=${c.mentions} /></p>
			<p class="dim small">${ago(madeAt(c.id))}
				<button type="button" class="plain" onClick=${() => onReply(c)}>${t('reply')}</button>
				<button type="button" class="dots" aria-label=${t('more_on', { name: user.username })} onClick=${() => setSheet('menu')}>···</button></p>
			${sheet === 'menu' && html`<${Menu} title=${t('more')} items=${items} onClose=${() => setSheet(null)} />`}
			${sheet === 'report' && html`<${Lazy} load=${report} kind="comment" id=${c.id} onClose=${() => setSheet(null)} />`}
			${children}
		</div>
		<span class="comment-like"><${IconButton} icon="heart" size="18" active=${c.isLike}
			aria-pressed=${c.isLike ? 'true' : 'false'} label=${t('like')} onClick=${like} />
			<span class="dim small">${c.likeCount ? count(c.likeCount) : ''}</span></span>
	</li>`;
}

function Replies({ top, clip, fresh, onReply, onGone }) {
	const [open, setOpen] = useState(false);
	const load = async (cursor) => {
		if (!open)
			return { rows: [], cursor: null };
		return page('replies', { comment_id: top.id, video_id: clip.id, page_size: PAGE, cursor });
	};
	const pages = usePages(load, [open]);
	const rows = [...pages.rows, ...fresh.filter((f) => !pages.rows.some((r) => r.id === f.id))];

	return html`<ul class="replies">
		${rows.map((c) => html`<${Comment} key=${c.id} comment=${c} clip=${clip} onReply=${() => onReply(top, c)}
			onGone=${(x) => { pages.change((all) => all.filter((y) => y.id !== x.id)); onGone(x); }} />`)}
		${!open && top.replyCount > 0 && html`<li><button type="button" class="plain" onClick=${() => setOpen(true)}>
			${t('show_replies', { n: top.replyCount })}</button></li>`}
		${open && html`<li><${ListEnd} pages=${pages} empty="" /></li>`}
	</ul>`;
}

/** Anew for each account, as what it may do, and what it has begun, is another. */
export function Comments(props) {
	const { viewer } = useSession();

	return html`<${Box} key=${viewer?.user.id} viewer=${viewer} ...${props} />`;
}

function Box({ viewer, clip, onClose, onCount }) {
	const field = useRef(null), [text, write] = useDraft(`clip ${clip.id}`);
	const [to, answer] = useState(null), [busy, setBusy] = useState(false);
	const [fresh, setFresh] = useState({}); /* replies written here, by the id of whom they stand under */
	const pages = usePages((cursor) => page('comments', { video_id: clip.id, page_size: PAGE, cursor }), [clip.id]);

	useEffect(() => { if (to) field.current.focus(); }, [to]);
	const counted = useRef(false);
	const countBy = (by) => {
		counted.current = true;
		onCount(by);
	};

	/* The clip's number is as old as its list; it is let be where something was written or deleted here before
	 * the newer one came. */
	useEffect(() => {
		call('videoStats', { video_id: clip.id })
			.then((now) => counted.current || onCount(now.commentCount - clip.commentCount), () => {});
	}, []);

	const reply = (top, x, name) => {
		if (needLogin(clip))
			return;
		answer({ top, id: x.id, user: x.user });
		if (name)
			write((draft) => (draft.startsWith(name) ? draft : `${name} ${draft}`));
	};
	const send = async (e) => {
		const content = text.trim();

		e.preventDefault();
		if (!content)
			return;
		setBusy(true);
		/* What is written meanwhile is the next one. */
		write('');
		answer(null);
		const sent = await attempt(async () => {
			const c = await call('comment', { video_id: clip.id, content, ...(to ? { reply_to_id: to.id } : {}) });
			const row = { user: viewer.user, likeCount: 0, replyCount: 0, ...c };

			if (to)
				setFresh((f) => ({ ...f, [to.top.id]: [...(f[to.top.id] || []), row] }));
			else
				pages.change((rows) => [row, ...rows]);
			countBy(1);
		});
		if (!sent) {
			write((next) => [text, next].filter(Boolean).join(' '));
			answer((next) => next || to);
		}
		setBusy(false);
	};
	/* A comment, and with it the replies under it. */
	const gone = (c) => {
		pages.change((rows) => rows.filter((r) => r.id !== c.id));
		setFresh(({ [c.id]: _, ...rest }) => rest);
		countBy(-1 - c.replyCount - (fresh[c.id] || []).length);
	};
	const replyGone = (top, c) => {
		if (fresh[top.id]?.some((r) => r.id === c.id))
			setFresh((f) => ({ ...f, [top.id]: f[top.id].filter((r) => r.id !== c.id) }));
		else
			pages.change((rows) => rows.map((r) => (r.id === top.id ? { ...r, replyCount: r.replyCount - 1 } : r)));
		countBy(-1);
	};

	return html`<${Sheet} side title=${t('n_comments', { n: count(clip.commentCount) })} onClose=${onClose}>
		<div class="comments"><ul>
			${pages.rows.map((c) => html`<${Comment} key=${c.id} comment=${c} clip=${clip}
				onReply=${() => reply(c, c)} onGone=${() => gone(c)}>
				<${Replies} top=${c} clip=${clip} fresh=${fresh[c.id] || []} onGone=${(x) => replyGone(c, x)}
					onReply=${(top, x) => reply(c, x, x.user && `@${x.user.username}`)} /><//>`)}
		</ul><${ListEnd} pages=${pages} empty=${t('no_comments')} /></div>
		${!viewer && html`<p class="write"><a class="plain" href=${loginPath(clip)}>${t('login_to_comment')}</a></p>`}
		${viewer && html`<form class="write" onSubmit=${send}>
			${to && html`<p class="dim small">${t('reply_to', { name: to.user?.username || '' })}
				<button type="button" class="plain" onClick=${() => answer(null)}>${t('cancel')}</button></p>`}
			<input ref=${field} value=${text} onInput=${(e) => write(e.target.value)} maxlength="1000" aria-label=${t('write_comment')}
				placeholder=${t('write_comment')} />
			<button type="submit" disabled=${busy || !text.trim()}>${t('send')}</button>
		</form>`}<//>`;
}
