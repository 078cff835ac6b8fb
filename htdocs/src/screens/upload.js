/* upload.js - clips from files or the camera, several at once; uploads.js sends them. */

import { withViewer } from '../gate.js';
import { html } from '../lib.js';
import { videoPath } from '../router.js';
import { toast } from '../session.js';
import { Icon, TopBar } from '../ui.js';
import { add, asChosen, choose, forget, goOn, remove, send, useUploads } from '../uploads.js';
import { t } from '../words.js';

const FILES = 10; /* at once */

function megabytes(n) {
	return (n / 1e6).toFixed(1);
}

/* Some systems know no type for what they do not play. */
const isClip = (file) => /^video\//.test(file.type) || /\.(mkv|mov|avi|mp4|m4v|webm)$/i.test(file.name);

const names = (files) => files.slice(0, 5).map((f) => f.name).join(', ') + (files.length > 5 ? ' …' : '');

function Job({ job }) {
	const uploading = job.state === 'uploading';
	const part = uploading ? job.sent / (job.all || 1) : (job.percent || 0) / 100;

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
			<button type="button" class="plain" onClick=${() => remove(job)}>${uploading ? t('cancel') : t('remove_from_list')}</button></p>
	</li>`;
}

/* Begun by an earlier visit: a page may not open the file again by itself. */
function Begun({ found }) {
	const { title, filename } = found.metadata;

	return html`<li class="job">
		<p><strong>${title || filename}</strong></p>
		<p>${t('choose_again', { name: filename })}</p>
		<progress max="100" value=${found.percent || 0} aria-label=${t('progress')} />
		<p class="row"><button type="button" class="plain" onClick=${() => forget(found)}>${t('cancel')}</button></p></li>`;
}

export const UploadScreen = withViewer(() => {
	const { jobs, begun, files } = useUploads();
	const take = async (list) => {
		const all = [...list], clips = all.filter(isClip), others = all.filter((f) => !isClip(f));
		const room = FILES - files.length;

		if (others.length)
			toast(t('no_clips', { names: names(others) }));

		const goes = await Promise.all(clips.map(goOn)), fresh = clips.filter((f, i) => !goes[i]);

		if (fresh.length > room)
			toast(t('too_many', { n: FILES, names: names(fresh.slice(room)) }));
		choose((now) => [...now, ...fresh.slice(0, room).map(asChosen)]);
	};
	const chosen = (e) => {
		take(e.target.files);
		e.target.value = '';
	};
	const start = (e) => {
		e.preventDefault();
		for (const { file, title, description } of files)
			add(file, title.trim(), description.trim());
		choose(() => []);
	};

	return html`<main class="page narrow"><${TopBar} title=${t('upload')} />
		<label class="drop" onDragOver=${(e) => e.preventDefault()}
			onDrop=${(e) => { e.preventDefault(); take(e.dataTransfer.files); }}>
			<${Icon} name="plus" size="40" /><span>${t('choose_files')}</span>
			<input type="file" accept="video/*,.mkv" multiple onChange=${chosen} />
		</label>
		<label class="follow on camera">${t('camera')}<input type="file" accept="video/*" capture="environment" onChange=${chosen} /></label>
		${files.length > 0 && html`<form class="form" onSubmit=${start}>
			${files.map((f) => html`<fieldset key=${f.id}><legend>${f.file.name} · ${megabytes(f.file.size)} MB</legend>
				<label>${t('title')}<input value=${f.title} onInput=${(e) => { f.title = e.target.value; }} maxlength="128"
					placeholder=${t('title_hint')} /></label>
				<label>${t('description')}<textarea value=${f.description} onInput=${(e) => { f.description = e.target.value; }}
					maxlength="1000" rows="2" /></label>
				<button type="button" class="plain" onClick=${() => choose((now) => now.filter((x) => x !== f))}>${t('remove_from_list')}</button>
			</fieldset>`)}
			<button type="submit" class="main">${t('upload_n', { n: files.length })}</button></form>`}
		<ul class="jobs">${jobs.map((j) => html`<${Job} key=${j.id} job=${j} />`)}
			${begun.map((b) => html`<${Begun} key=${b.urlStorageKey} found=${b} />`)}</ul>
	</main>`;
});
