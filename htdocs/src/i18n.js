/* i18n.js - the words.  One file for each language; `make web` fails where a key is missing in one. */

import en from './text/en.js';
import zh from './text/zh.js';

const texts = { en: { ...en }, zh: { ...zh } };
const chosen = localStorage.getItem('language');
const wanted = chosen in texts ? chosen
	: (navigator.languages || ['en']).some((l) => l.startsWith('zh')) ? 'zh' : 'en';

document.documentElement.lang = wanted === 'zh' ? 'zh-CN' : 'en';

/** More words: { en, zh }. */
export function addWords(more) {
	Object.assign(texts[wanted], more[wanted]);
}

export const languages = { en: 'English', zh: '中文' };

export function language() {
	return wanted === 'zh' ? 'zh-CN' : 'en';
}

export function languageKey() {
	return wanted;
}

export function chooseLanguage(key) {
	localStorage.setItem('language', key);
	location.reload();
}

/** The text of a key; {name} in it is replaced by values.name. */
export function t(key, values) {
	const text = texts[wanted][key];

	return values ? text.replace(/\{(\w+)\}/g, (_, name) => values[name]) : text;
}
