// node scripts/reports.ts: takes the screenshots of docs/reports.md. Needs Debian's chromium, fonts-inter and fonts-jetbrains-mono.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { htmlPage } from "../src/output/html/page.ts";
import { withChromium } from "./chromium.ts";
import { images, now, secrets } from "./reports/sample.ts";
import { root } from "./run.ts";

const reports = [
  { verb: "check", items: images, height: 1180 },
  { verb: "list", items: secrets, height: 860 },
] as const;

const folder = await mkdtemp(join(tmpdir(), "acr-secret-reports-"));
try {
  await withChromium(async (tab) => {
    for (const { verb, items, height } of reports) {
      const file = join(folder, `${verb}.html`);
      await writeFile(file, htmlPage(items, { verb, now, version: "v1.0.0" }));
      await tab.look({ width: 960, height, scheme: "light" });
      await tab.open(pathToFileURL(file).href);
      await writeFile(join(root, `docs/images/${verb}-report.png`), await tab.screenshot());
    }
  });
} finally {
  await rm(folder, { recursive: true });
}
