/* api.js - every operation of the server that the client uses, once.  The build and tests/lint hold this
 * table against openapi.json: method, path, whether a token is needed, names of parameters.
 *
 * The invariant: nobody else calls fetch() for data. */

import { language, t } from './i18n.js';
import { forgetViewer, setUnread, viewerToken } from './session.js';
import { operations } from './operations.js';

/* Those that this server does not have, as the build found in its openapi.json. */
/* global ABSENT_OPERATIONS */
const absent = new Set(ABSENT_OPERATIONS);

/** Whether the server can do it: what it cannot do is not shown. */
export const can = (name) => !absent.has(name);

export class ApiError extends Error {
	constructor(message, status, id, error) {
		super(message);
		this.status = status;
		this.id = id; /* of the request, for whoever reads the server's log */
		this.error = error; /* its name, for programs */
	}
}

/** Whether an operation failed because all is as it would have made it, by another tab or device. */
export const isDone = (error) => error.error === 'already' || error.error === 'not_yet';

const watchers = [];

/** f(name, params, data) after each operation that changed something, or found it changed (then without data). */
export const whenDone = (f) => watchers.push(f);

const WAIT_MS = 20000, FILE_WAIT_MS = 120000;

function query(params) {
	const pairs = Object.entries(params).filter(([, v]) => v !== undefined && v !== null);

	return pairs.length ? `?${new URLSearchParams(pairs)}` : '';
}

function form(params) {
	const data = new FormData();

	for (const [name, value] of Object.entries(params))
		data.append(name, value);
	return data;
}

/* What early.js has asked for already: once, and only in the same words. */
function takeEarly(address, token) {
	const early = window.early;

	if (early?.address !== address || early.token !== token)
		return null;
	window.early = null;
	return early.body;
}

async function ask(name, params, { keepalive = false, token = viewerToken() } = {}) {
	const [method, path, access, names] = operations[name];
	const headers = { 'Accept-Language': language() };
	const reads = method === 'GET';
	const file = Object.values(params).some((v) => v instanceof Blob);
	const address = reads ? path + query(params) : path;
	const unknown = Object.keys(params).find((k) => !names.split(' ').includes(k));
	let reply, body;

	if (unknown)
		throw new TypeError(`${name} has no parameter ${unknown}`);
	body = reads && await takeEarly(address, access > 0 ? token : undefined);
	if (body)
		return body;
	if (access > 0 && token)
		headers.Authorization = `Bearer ${token}`;
	if (!reads && !file)
		headers['Content-Type'] = 'application/json';
	try {
		reply = await fetch(address, {
			method, headers, keepalive,
			body: reads ? undefined : file ? form(params) : JSON.stringify(params),
			signal: AbortSignal.timeout(file ? FILE_WAIT_MS : WAIT_MS),
		});
		body = await reply.json();
	} catch {
		throw new ApiError(navigator.onLine ? t('no_answer') : t('offline'), 0, '');
	}
	if (reply.ok)
		return body;
	if (reply.status === 401 && access > 0 && token && token === viewerToken())
		forgetViewer(true);
	throw new ApiError(body.message, reply.status, reply.headers.get('X-Request-Id') || '', body.error);
}

/**
 * Calls an operation; its data, or an ApiError with a sentence that a person can read.
 * keepalive: also when the page is being left; token: another one than the viewer's.
 */
export async function call(name, params = {}, options) {
	const tell = (data) => operations[name][0] !== 'GET' && watchers.forEach((f) => f(name, params, data));

	try {
		const { data } = await ask(name, params, options);

		tell(data);
		return data;
	} catch (error) {
		if (isDone(error))
			tell();
		throw error;
	}
}

/**
 * One page of a list: { rows, cursor, data }.  The rows are the data itself or its member of this name;
 * the cursor is null on the last page.
 */
export async function page(name, params, member) {
	const body = await ask(name, params);
	const rows = Array.isArray(body.data) ? body.data : body.data[member];

	return { rows, cursor: body.next_cursor ?? body.data.next_cursor ?? null, data: body.data };
}

/** What the badge of the inbox says: a message counts once, though it is a notification, too. */
export const countUnread = () => Promise.all([call('unreadMessages'), call('unreadNotifications')])
	.then(([messages, others]) => setUnread(messages.count + others.total - others.message), () => {});
