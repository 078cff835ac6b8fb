// page.js - shows the newest clips on the front page, by the same call that the apps make.
'use strict';

const shell = document.getElementById('shell');
shell.textContent = shell.textContent.replaceAll('http://127.0.0.1:8080', location.origin);

function clip(v) {
	const box = document.createElement('article');
	const video = Object.assign(document.createElement('video'),
		{ src: v.play_url, poster: v.cover_url, controls: true, preload: 'none', loop: true, playsInline: true });
	const title = Object.assign(document.createElement('p'), { textContent: v.title });
	const about = Object.assign(document.createElement('small'),
		{ textContent: `@${v.author.name} · ♥ ${v.favorite_count} · 💬 ${v.comment_count}` });
	video.setAttribute('aria-label', v.title);
	box.append(video, title, about);
	return box;
}

async function show() {
	const say = document.getElementById('say');
	try {
		const reply = await (await fetch('/douyin/feed/')).json();
		if (reply.status_code !== 0)
			throw new Error(reply.status_msg);
		say.textContent = reply.video_list.length ? '' : 'There are no clips yet: upload the first one.';
		if (reply.video_list.length)
			say.replaceWith(...reply.video_list.map(clip));
	} catch (e) {
		say.textContent = `The feed does not answer: ${e.message}`;
	}
}

show();
