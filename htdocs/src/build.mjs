/* build.mjs - makes the client: node build.mjs NODE_MODULES OUT
 *
 * One bundle for the first screen, pieces for what comes later; fails where a text is missing in a
 * language, or a key is used that no language has. */

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [, , modules, out] = process.argv;
const here = dirname(fileURLToPath(import.meta.url));
const esbuild = createRequire(resolve(modules, 'x.js'))('esbuild');

/* The operations that the client asks for, as openapi.json has them; some servers lack some. */
const { operations, optional } = await import(join(here, 'operations.js'));
const { paths } = JSON.parse(readFileSync(join(here, '../openapi.json'), 'utf8'));
const has = ([method, path]) => Boolean(paths[path]?.[method.toLowerCase()]);
const absent = Object.keys(operations).filter((name) => !has(operations[name]));

const texts = {};
for (const file of readdirSync(join(here, 'text')))
	texts[file] = (await import(join(here, 'text', file))).default;
const keys = new Set(Object.values(texts).flatMap(Object.keys));
const wrong = absent.filter((name) => !optional.has(name)).map((name) => `openapi.json has no ${operations[name].slice(0, 2).join(' ')}`);

/* en.js is for the first screen, en.later.js for all others; the same keys in the files of each language,
 * but for those that say KEY of one: not every language has them. */
for (const part of ['.js', '.later.js']) {
	const files = Object.keys(texts).filter((f) => f.replace(/^[a-z]+/, '') === part);
	const all = new Set(files.flatMap((f) => Object.keys(texts[f])).filter((k) => !k.endsWith('_one')));

	for (const file of files)
		wrong.push(...[...all].filter((k) => !texts[file][k]).map((k) => `text/${file} has no "${k}"`));
}
for (const dir of ['.', 'screens']) {
	for (const file of readdirSync(join(here, dir)).filter((f) => f.endsWith('.js'))) {
		const source = readFileSync(join(here, dir, file), 'utf8');

		wrong.push(...[...source.matchAll(/\b(?:call|page|can)\('(\w+)'/g)].filter((m) => !operations[m[1]])
			.map((m) => `${join(dir, file)} asks for "${m[1]}", which operations.js does not have`));
		const known = /\/words\.js'/.test(source) ? keys : new Set(Object.keys(texts['en.js']));

		wrong.push(...[...source.matchAll(/\bt\('(\w+)'/g)].filter((m) => !known.has(m[1]))
			.map((m) => `${join(dir, file)} uses "${m[1]}", which ${keys.has(m[1]) ? 'only words.js has' : 'no language has'}`));
	}
}
if (wrong.length) {
	console.error(wrong.join('\n'));
	process.exit(1);
}
rmSync(out, { recursive: true, force: true });
const pathOf = (...names) => operations[names.find((name) => !absent.includes(name))][1];

await esbuild.build({
	entryPoints: [join(here, 'early.js')],
	define: { FIRST_PATHS: JSON.stringify({ toAll: pathOf('recommendedToAll', 'feed'), toViewer: pathOf('recommended', 'feed'),
		clip: pathOf('video') }) },
	outdir: out, bundle: true, minify: true, format: 'iife', target: 'es2022', logLevel: 'warning',
});
const { metafile } = await esbuild.build({
	metafile: true,
	entryPoints: [join(here, 'main.js'), join(here, 'style.css')],
	define: { ABSENT_OPERATIONS: JSON.stringify(absent) },
	outdir: out, nodePaths: [modules],
	bundle: true, splitting: true, minify: true, format: 'esm', target: 'es2022',
	chunkNames: '[name]-[hash]', logLevel: 'warning', legalComments: 'linked',
});

/* The page, with the names of all files that the first screen needs: asked for at once, not one out of
 * the other. */
const outputs = Object.fromEntries(Object.entries(metafile.outputs).map(([file, o]) => [basename(file), o]));
const first = new Set();
const need = (file) => {
	for (const { path, kind } of outputs[file].imports) {
		if (kind === 'import-statement' && !first.has(basename(path))) {
			first.add(basename(path));
			need(basename(path));
		}
	}
};
need('main.js');
const links = [...first].map((file) => `<link rel="modulepreload" href="/app/${file}">\n`).join('');
writeFileSync(join(out, '../index.html'), readFileSync(join(here, '../index.html'), 'utf8')
	.replace('<script type="module"', () => `${links}<script type="module"`));

/* The worker, with their names, too: they are there without a network. */
const kept = ['early.js', 'main.js', 'style.css', ...first];
const hash = createHash('sha256');

for (const file of kept)
	hash.update(readFileSync(join(out, file)));
await esbuild.build({
	entryPoints: [join(here, '../sw.js')], outfile: join(out, '../sw.js'), minify: true, target: 'es2022', logLevel: 'warning',
	define: { BUILD: JSON.stringify({ hash: hash.digest('hex').slice(0, 12), files: kept.map((f) => `/app/${f}`) }) },
});

/* Beside each file the same in fewer bytes: the web servers send it to who takes it. */
for (const file of readdirSync(out).filter((f) => /\.(js|css)$/.test(f))) {
	const bytes = readFileSync(join(out, file));

	writeFileSync(join(out, `${file}.gz`), gzipSync(bytes, { level: 9 }));
	writeFileSync(join(out, `${file}.br`), brotliCompressSync(bytes));
}
