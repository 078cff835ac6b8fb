/* check.mjs - the document at standard input, held against the schema of OpenAPI; one line of JSON:
 * {version, errors}, errors empty where it is valid and every $ref leads somewhere. */

import { Validator } from '@seriousme/openapi-schema-validator';
import { readFileSync } from 'node:fs';

const validator = new Validator();
const result = await validator.validate(JSON.parse(readFileSync(0, 'utf8')));
const errors = result.valid ? [] : [].concat(result.errors).map((e) =>
	typeof e === 'string' ? e : `${e.instancePath} ${e.message}`);

if (result.valid) {
	try {
		validator.resolveRefs();
	} catch (e) {
		errors.push(e.message);
	}
}
console.log(JSON.stringify({ version: validator.version, errors: errors.slice(0, 20) }));
