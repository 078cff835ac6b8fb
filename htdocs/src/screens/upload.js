/* upload.js - clips from files or the camera, several at once.
 *
 * The bytes go by tus in pieces, so that a broken line costs one piece; what was begun is found again
 * after the page was loaded anew, by the file itself. */

import { call } from '../api.js';
import { language } from '../i18n.js';
import { html, useEffect, useRef, useState } from '../lib.js';
import { videoPath } from '../router.js';
import { viewerId, viewerToken } from '../session.js';
import { Icon, TopBar } from '../ui.js';
import { t } from '../words.js';
import { needLogin } from './feed.js';

const PIECE = 4 * 1024 * 1024;
const ASK_MS = 1500;

/* The uploads of this page, also while another screen is shown. */
const jobs = [];
const watchers = new Set();
let last = 0;

function tell(job, change) {
	Object.assign(job, change);
	watchers.forEach((f) => f({}));
}

async function follow(job) {
	while (jobs.includes(job)) {
		try {
			const status = await call('videoStatus', { video_id: job.videoId });

			tell(job, { state: status.state, percent: status.percent, error: status.reason });
			if (['ready', 'refused', 'failed'].includes(status.state))
				return;
		} catch (error) {
			tell(job, { error: error.message });
			if (error.status >= 400 && error.status < 500)
				return;
		}
		await new Promise((done) => setTimeout(done, ASK_MS));
	}
}

async function send(job) {
	const { Upload } = await import('tus-js-client');
	const upload = new Upload(job.file, {
		endpoint: '/upload/',
		chunkSize: PIECE,
		retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
		removeFingerprintOnSuccess: true,
		headers: { Authorization: `Bearer ${viewerToken()}`, 'Accept-Language': language() },
		metadata: { filename: job.file.name, filetype: job.file.type, title: job.title, description: job.description },
		onProgress: (sent, all) => tell(job, { sent, all }),
		onSuccess: ({ lastResponse }) => {
			tell(job, { state: 'received', percent: 0, videoId: Number(lastResponse.getHeader('X-Video-Id')) });
			follow(job);
		},
		onError: (error) => {
			let message = error.message;

			try {
				message = JSON.parse(error.originalResponse.getBody()).message;
			} catch { /* what tus-js-client says must do */ }
			tell(job, { state: 'stopped', error: message, cut: !error.originalResponse });
		},
	});
	const before = await upload.findPreviousUploads();

	if (before.length)
		upload.resumeFromPreviousUpload(before[0]);
	job.upload = upload;
	tell(job, { state: 'uploading', error: '', cut: false });
	upload.start();
}

/* The line is back: what it stopped goes on. */
addEventListener('online', () => jobs.filter((job) => job.cut && job.state === 'stopped').forEach(send));

function megabytes(n) {
	return (n / 1e6).toFixed(1);
}

function Job({ job }) {
	const uploading = job.state === 'uploading';
	const part = uploading ? job.sent / (job.all || 1) : (job.percent || 0) / 100;
	const remove = () => {
		job.upload?.abort(uploading || job.state === 'stopped').catch(() => {});
		jobs.splice(jobs.indexOf(job), 1);
		tell(job, {});
	};

	return html`<li class="job">
		<p><strong>${job.title || job.file.name}</strong></p>
		<p role="status">${uploading
			? t('bytes_of', { sent: megabytes(job.sent), all: megabytes(job.all || job.file.size) })
			: job.state === 'processing' ? `${t('state_processing')} ${job.percent} %` : t(`state_${job.state}`)}</p>
		<progress max="1" value=${job.state === 'ready' ? 1 : part} aria-label=${t('progress')} />
		${job.error && html`<p class="error" role="alert">${job.error}</p>`}
		<p class="row">
			${job.state === 'ready' && html`<a class="follow" href=${videoPath(job.videoId)}>${t('watch')}</a>`}
			${job.state === 'stopped' && html`<button type="button" class="follow" onClick=${() => send(job)}>${t('go_on')}</button>`}
			<button type="button" class="plain" onClick=${remove}>${uploading ? t('cancel') : t('remove_from_list')}</button></p>
	</li>`;
}

export function UploadScreen() {
	const [, update] = useState({}), [files, setFiles] = useState([]), drop = useRef(null);

	useEffect(() => {
		watchers.add(update);
		return () => watchers.delete(update);
	}, []);
	if (!viewerId()) {
		needLogin();
		return null;
	}
	const choose = (list) => setFiles([...files, ...[...list].filter((f) => /^video\/|\.(mkv|mov|avi|mp4|webm)$/i
		.test(f.type || f.name))].slice(0, 10));
	const start = (e) => {
		const form = new FormData(e.target);

		e.preventDefault();
		files.forEach((file, i) => {
			const job = { id: ++last, file, title: form.get(`title${i}`).trim(), description: form.get(`description${i}`).trim(),
				state: 'uploading', sent: 0, all: file.size };

			jobs.unshift(job);
			send(job);
		});
		setFiles([]);
	};

	return html`<main class="page narrow"><${TopBar} title=${t('upload')} />
		<label class="drop" ref=${drop} onDragOver=${(e) => e.preventDefault()}
			onDrop=${(e) => { e.preventDefault(); choose(e.dataTransfer.files); }}>
			<${Icon} name="plus" size="40" /><span>${t('choose_files')}</span>
			<input type="file" accept="video/*,.mkv" multiple onChange=${(e) => { choose(e.target.files); e.target.value = ''; }} />
		</label>
		<label class="follow on camera">${t('camera')}<input type="file" accept="video/*" capture="environment"
			onChange=${(e) => { choose(e.target.files); e.target.value = ''; }} /></label>
		${files.length > 0 && html`<form class="form" onSubmit=${start}>
			${files.map((f, i) => html`<fieldset key=${`${f.name}${f.size}${i}`}><legend>${f.name} · ${megabytes(f.size)} MB</legend>
				<label>${t('title')}<input name=${`title${i}`} maxlength="128" placeholder=${t('title_hint')} /></label>
				<label>${t('description')}<textarea name=${`description${i}`} maxlength="1000" rows="2" /></label>
				<button type="button" class="plain" onClick=${() => setFiles(files.filter((x) => x !== f))}>${t('remove_from_list')}</button>
			</fieldset>`)}
			<button type="submit" class="main">${t('upload_n', { n: files.length })}</button></form>`}
		<ul class="jobs">${jobs.map((j) => html`<${Job} key=${j.id} job=${j} />`)}</ul>
	</main>`;
}
