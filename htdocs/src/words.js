/* words.js - the words of the screens that come later; they take t() from here. */

import { addWords } from './i18n.js';
import en from './text/en.later.js';
import zh from './text/zh.later.js';

addWords({ en, zh });

export { t } from './i18n.js';
