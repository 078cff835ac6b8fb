/* i18n.js - the words.  One file for each language; `make web` fails where a key is missing in one. */

import en from './text/en.js';
import zh from './text/zh.js';

const texts = { en: { ...en }, zh: { ...zh } };
const chosen = localStorage.getItem('language');
/* The first that we have of those that the person reads, in his order. */
const wanted = Object.hasOwn(texts, chosen) ? chosen
	: (navigator.languages || []).map((l) => l.split('-')[0]).find((l) => Object.hasOwn(texts, l)) || 'en';

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

/** The text of a key; {name} in it is replaced by values.name.  Of one (n) it is that of key_one, where there is such. */
export function t(key, values) {
	const text = (Number(values?.n) === 1 && texts[wanted][`${key}_one`]) || texts[wanted][key];

	return values ? text.replace(/\{(\w+)\}/g, (_, name) => values[name]) : text;
}
