/* api.js - every operation of the server that the client uses, once.  tests/web holds this table
 * against openapi.json: method, path, and whether a token is needed.
 *
 * The invariant: nobody else calls fetch() for data. */

import { language, t } from './i18n.js';
import { forgetViewer, viewerToken } from './session.js';

/* name: [method, path, token: 0 none, 1 sent where there is one, 2 needed] */
export const operations = {
	register: ['POST', '/api/user/register', 0],
	login: ['POST', '/api/user/login', 0],
	profile: ['GET', '/api/auth/user/profile', 2],
	updateProfile: ['PUT', '/api/auth/user/update', 2],
	userByName: ['GET', '/api/user/info', 1],
	userVideos: ['GET', '/api/user/videos', 1],
	likedVideos: ['GET', '/api/user/likes', 1],
	history: ['GET', '/api/auth/user/history', 2],
	view: ['POST', '/api/video/view', 1],
	feed: ['GET', '/api/video/feed', 1],
	video: ['GET', '/api/video/detail', 1],
	like: ['POST', '/api/auth/interaction/like', 2],
	unlike: ['POST', '/api/auth/interaction/unlike', 2],
	comments: ['GET', '/api/interaction/comments', 1],
	comment: ['POST', '/api/auth/interaction/comment', 2],
	follow: ['POST', '/api/auth/social/follow', 2],
	unfollow: ['POST', '/api/auth/social/unfollow', 2],
	following: ['GET', '/api/auth/social/following', 2],
	followers: ['GET', '/api/auth/social/follower', 2],
	sendMessage: ['POST', '/api/auth/message/send', 2],
	messages: ['GET', '/api/auth/message/list', 2],
	videoStatus: ['GET', '/api/auth/video/status', 2],
	updateVideo: ['POST', '/api/auth/video/update', 2],
	deleteVideo: ['POST', '/api/auth/video/delete', 2],
};

export class ApiError extends Error {
	constructor(message, status, id) {
		super(message);
		this.status = status;
		this.id = id; /* of the request, for whoever reads the server's log */
	}
}

const WAIT_MS = 20000;

function query(params) {
	const pairs = Object.entries(params).filter(([, v]) => v !== undefined && v !== null);

	return pairs.length ? `?${new URLSearchParams(pairs)}` : '';
}

/**
 * Calls an operation; its data, or an ApiError with a sentence that a person can read.
 * keepalive: also when the page is being left.
 */
export async function call(name, params = {}, { keepalive = false } = {}) {
	const [method, path, access] = operations[name];
	const headers = { 'Accept-Language': language() };
	const token = viewerToken();
	const reads = method === 'GET';
	let reply, body;

	if (access > 0 && token)
		headers.Authorization = `Bearer ${token}`;
	if (!reads)
		headers['Content-Type'] = 'application/json';
	try {
		reply = await fetch(reads ? path + query(params) : path, {
			method, headers, keepalive,
			body: reads ? undefined : JSON.stringify(params),
			signal: AbortSignal.timeout(WAIT_MS),
		});
		body = await reply.json();
	} catch (error) {
		throw new ApiError(navigator.onLine ? t('no_answer') : t('offline'), 0, '');
	}
	if (reply.ok)
		return body.data;
	if (reply.status === 401 && token)
		forgetViewer();
	throw new ApiError(body.message, reply.status, reply.headers.get('X-Request-Id') || '');
}
