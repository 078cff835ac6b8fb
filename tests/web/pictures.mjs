// pictures.mjs - takes the pictures that the READMEs show: see pictures.py.
//
// The invariant: a picture is of the client as it is, at the size of the device.

import path from "node:path";
import { job, withBrowser } from "./browser.mjs";
import { device, playing } from "./device.mjs";

await withBrowser(async (browser) => {
	const save = (d, name) => d.page.screenshot({ path: path.join(job.shots, `${name}.png`) });
	const phone = await device(browser, "phone", { viewer: job.viewer });

	await phone.page.goto(`${job.base}/v/${job.clip}`);
	await playing(phone.page);
	await phone.page.waitForTimeout(1500);
	await save(phone, "feed-phone");
	await phone.page.goto(`${job.base}/u/${job.author}`);
	await phone.page.locator(".grid li").first().waitFor();
	await phone.page.waitForFunction(() => [...document.images].every((i) => i.complete));
	await save(phone, "profile-phone");
	await phone.context.close();
	const desktop = await device(browser, "desktop", { viewer: job.viewer });

	await desktop.page.goto(`${job.base}/v/${job.clip}`);
	await playing(desktop.page);
	await desktop.page.locator(`[data-id="${job.clip}"]`).getByRole("button", { name: desktop.words.comments, exact: true }).click();
	await desktop.page.locator(".comment").nth(4).waitFor();
	await desktop.page.waitForTimeout(1500);
	await save(desktop, "comments-desktop");
	await desktop.context.close();
});
