import { expect, test } from "vitest";
import { listedFlags } from "../../../cmd/line/help.ts";
import { opened } from "../../../cmd/verb.ts";
import { verbs } from "../../../cmd/verbs.ts";
import { dayOf } from "../../../scripts/man/day.ts";
import { literal, paragraph, verbatim } from "../../../scripts/man/roff.ts";
import { manPages } from "../../../scripts/man.ts";

const pages = manPages();

test("writes a page for each verb, and one of all", () => {
  expect([...pages.keys()]).toEqual(["kubectl-acr-secret.1", ...verbs.map(({ name }) => `kubectl-acr-secret-${name}.1`)]);
});

test.for(verbs)("includes every flag and every example of the help in the page of $name", async (row) => {
  const { examples, ...verb } = await opened(row);
  const page = pages.get(`kubectl-acr-secret-${row.name}.1`) ?? "";

  for (const [flag, { short }] of Object.entries(listedFlags(verb)).filter(([, { hidden }]) => !hidden)) {
    expect(page).toContain(`.TP\n\\fB${literal(short ? `-${short}, --${flag}` : `--${flag}`)}\\fR`);
  }
  for (const line of examples.filter((each) => !each.startsWith("#"))) expect(page).toContain(`.nf\n${literal(line)}\n.fi\n`);
});

test.for([
  { text: "--all='a'", roff: "\\-\\-all=\\(aqa\\(aq" },
  { text: 'C:\\x "y" `z` ~^', roff: "C:\\(rsx \\(dqy\\(dq \\(gaz\\(ga \\(ti\\(ha" },
  { text: "…é😀", roff: "\\[u2026]\\[u00E9]\\[u1F600]" },
])("prints $text letter by letter", ({ text, roff }) => {
  expect(literal(text)).toBe(roff);
});

test("escapes a word that would begin a request of roff", () => {
  expect(paragraph(`${"x".repeat(74)} .so /etc/passwd`)).toBe(`${"x".repeat(74)}\n\\&.so /etc/passwd\n`);
  expect(verbatim([".x", "'y"])).toBe(".nf\n\\&.x\n\\(aqy\n.fi\n");
});

test("prints the day of the version's release, or else of the archive's files", () => {
  const changelog = "## [Unreleased]\n\n## [0.2.0] - 2027-01-31\n\n## [0.1.0] - 2026-11-26\n";

  expect(dayOf(changelog, "0.2.0")).toBe("2027-01-31");
  expect(dayOf(changelog, "0.3.0")).toBe("1970-01-01");
});
